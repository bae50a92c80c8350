/**
 * One connection's state machine: events in, effects out. No clock, no thread, no lock, no
 * randomness. Read {@link dev.vsocklab.sim.connection.PacketRules} first, the whole table of what a
 * packet does in which state; then {@link dev.vsocklab.sim.connection.Connection}, which carries it
 * out.
 *
 * <pre>
 *   packet ─▶ PacketRules.reaction(row, op) ─▶ Connection.receive ─┐
 *   call   ─▶ Connection.read / write / shutdown / close ──────────┼─▶ Effects: send, wake, timer, tables
 *   timer  ─▶ Connection.onConnectTimeout / onCloseTimeout ────────┘
 * </pre>
 */
@NullMarked
package dev.vsocklab.sim.connection;

import org.jspecify.annotations.NullMarked;
