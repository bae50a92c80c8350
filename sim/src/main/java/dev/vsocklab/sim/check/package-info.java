/**
 * Judges every simulated test while it runs. Read {@link dev.vsocklab.sim.check.Checker} first, the
 * list of what must hold; then {@link dev.vsocklab.sim.check.Checkers}, which looks on at one lab,
 * and {@link dev.vsocklab.sim.check.SocketCheck}, which judges one socket by its packets and calls.
 *
 * <pre>
 *   Sock ─ sent, received, consumed, closed ─▶ SocketCheck ─ does not hold ─▶ Checkers ─▶ the test fails
 * </pre>
 *
 * <p>A real guest is judged by what its packets show the simulated host. A peer that is made by
 * hand is not judged, and a simulated broken peer excuses the checkers that it contradicts.
 */
@NullMarked
package dev.vsocklab.sim.check;

import org.jspecify.annotations.NullMarked;
