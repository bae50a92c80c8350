/**
 * What can go wrong with vsock, and how a test lets it. Read {@link dev.vsocklab.fault.Faults}
 * first, the list of what really happens to correct programs, each with the situation that it
 * stands for; then {@link dev.vsocklab.fault.Fault}, which says where it happens, and {@link
 * dev.vsocklab.fault.InjectedFault}, which ends it.
 *
 * <p>vsock delivers in order and loses nothing. A peer that drops, repeats, reorders or lies is
 * broken, and stands apart in {@link dev.vsocklab.fault.BrokenPeer}: a correct program may fail
 * against it, and the report says that one was simulated.
 *
 * <pre>
 *   Faults.delay(…) ─▶ Fault ── from(guest).port(7000) ─▶ Fault ── lab.inject ─▶ InjectedFault
 * </pre>
 */
@NullMarked
package dev.vsocklab.fault;

import org.jspecify.annotations.NullMarked;
