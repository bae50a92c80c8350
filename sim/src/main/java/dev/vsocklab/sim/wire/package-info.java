/**
 * Packets as they are on the wire. Read {@link dev.vsocklab.sim.wire.Header} first, then {@link
 * dev.vsocklab.sim.wire.HeaderCodec}, the only place that knows offsets.
 *
 * <pre>
 *   44 bytes ── HeaderCodec.decode ─▶ Decoded.Valid(Header) | Decoded.Malformed(reason)
 *   Header   ── HeaderCodec.encode ─▶ 44 bytes
 * </pre>
 */
@NullMarked
package dev.vsocklab.sim.wire;

import org.jspecify.annotations.NullMarked;
