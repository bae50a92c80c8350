/**
 * The API of vsocklab. Read {@link dev.vsocklab.VsockProvider} first: it is the one type that
 * production code depends on and that a test swaps. Then {@link dev.vsocklab.Lab}: one host and its
 * guests, whichever backend plays them.
 *
 * <pre>
 *   Lab ── host()  ─▶ Machine ── vsock() ─▶ VsockProvider ─▶ SocketChannel, Socket, Selector …
 *       └─ guest(n) ▶ Machine ── vsock() ─▶ VsockProvider ─▶ the same JDK types, another kernel
 * </pre>
 */
@NullMarked
package dev.vsocklab;

import org.jspecify.annotations.NullMarked;
