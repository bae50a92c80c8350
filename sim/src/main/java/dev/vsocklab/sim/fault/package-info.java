/**
 * Faults at work. Read {@link dev.vsocklab.sim.fault.LabFaults} first, which is all faults of one
 * lab; then {@link dev.vsocklab.sim.fault.Rule}, one of them, and {@link
 * dev.vsocklab.sim.fault.Lane}, which keeps one direction of a connection in order whatever the
 * rules do.
 *
 * <pre>
 *   Fabric.deliver ─▶ LabFaults ─▶ the first Rule that takes it ─▶ Lane ─▶ Fabric.handOver
 *                                └ none does ─────────────────────┘
 * </pre>
 *
 * <p>No clock, no thread, no randomness: timers and draws are handed in.
 */
@NullMarked
package dev.vsocklab.sim.fault;

import org.jspecify.annotations.NullMarked;
