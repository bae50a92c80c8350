/**
 * One machine's socket layer: tables of bound and connected sockets, listeners, automatic ports,
 * and the choice of transport. Read {@link dev.vsocklab.sim.stack.Stack} first, then {@link
 * dev.vsocklab.sim.stack.Sock}, one socket.
 *
 * <p>No clock, no thread, no randomness here: time-outs are asked for and come back as calls, and
 * who waits does so in the engine. A socket has a lock, as {@code lock_sock} in Linux; no lock is
 * held while a packet is handed over. The order of locks is: a listener, its child, the tables.
 *
 * <pre>
 *   call  ─▶ Sock (locked) ─▶ Connection ─ effects ─▶ outbox ─▶ unlock ─▶ Outlet (the fabric)
 *   packet ─▶ Stack.receive ─▶ tables ─▶ Sock (locked) ─▶ …the same way back
 * </pre>
 */
@NullMarked
package dev.vsocklab.sim.stack;

import org.jspecify.annotations.NullMarked;
