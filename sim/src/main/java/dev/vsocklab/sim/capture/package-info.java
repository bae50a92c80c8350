/**
 * What went over the fabric, kept for people. Read {@link dev.vsocklab.sim.capture.PacketLog}
 * first: the last packets as text, for a failure report. Then {@link
 * dev.vsocklab.sim.capture.PcapngTap}: all packets as a file for Wireshark and tshark.
 *
 * <pre>
 *   Fabric ── Tap.onPacket ─▶ PacketLog  ── text()  ─▶ failure report
 *                        └──▶ PcapngTap  ── close() ─▶ file, link type 271 (VSOCK)
 * </pre>
 *
 * Both are told the time by whoever installs them: nothing here asks a clock.
 */
@NullMarked
package dev.vsocklab.sim.capture;

import org.jspecify.annotations.NullMarked;
