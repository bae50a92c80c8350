/**
 * The JDK's faces over a {@link dev.vsocklab.spi.SocketLayer}: channels, selector and sockets with
 * the JDK's contract for states, interrupts, asynchronous close and timeouts. Written once and used
 * by every backend, so that the same kernel behaviour gives the same exception everywhere.
 *
 * <p>Read {@link dev.vsocklab.spi.nio.NioVsockProvider} first.
 */
@NullMarked
package dev.vsocklab.spi.nio;

import org.jspecify.annotations.NullMarked;
