package dev.vsocklab.spi.nio;

import java.io.IOException;
import java.nio.channels.AsynchronousCloseException;

/** The JDK channel around a kernel socket: what only the channel's own class can do or tell. */
interface OwningChannel {

  /** What the channel shares with every other, and what a selector asks. */
  SocketCore core();

  /** {@link java.nio.channels.Channel#isOpen}. */
  boolean isOpen();

  /** {@link java.nio.channels.SelectableChannel#isBlocking}. */
  boolean isBlocking();

  /** {@link java.nio.channels.Channel#close}. */
  void close() throws IOException;

  /**
   * {@code begin()} of {@link java.nio.channels.spi.AbstractInterruptibleChannel}, which is
   * protected: from now on an interrupt closes the channel.
   */
  void beginWait();

  /** {@code end(completed)} of the same. */
  void endWait(boolean completed) throws AsynchronousCloseException;
}
