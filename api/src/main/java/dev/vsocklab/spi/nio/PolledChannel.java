package dev.vsocklab.spi.nio;

import dev.vsocklab.spi.KernelSocket;

/** What a selector asks of a channel: which socket to poll, and what a poll means for its keys. */
interface PolledChannel {

  /** The socket to poll. */
  KernelSocket streamSocket();

  /** The keys that wait for this channel. */
  Readiness readiness();

  /**
   * The poll events that can make one of these operations ready in the channel's present state.
   * Only these: a key that waits for an event which makes nothing ready would spin, and an
   * unconnected vsock socket is always writable.
   *
   * @param interestOps operations of {@link java.nio.channels.SelectionKey}
   * @return events of {@link KernelSocket}, or 0 if none can until the channel's state changes
   */
  int eventsFor(int interestOps);

  /**
   * The operations that a poll's result makes ready.
   *
   * @param polled events of {@link KernelSocket}
   * @param interestOps the operations that the key asks for
   * @return those that are ready; all of them on {@link KernelSocket#POLLERR} or {@link
   *     KernelSocket#POLLHUP}, so that the call itself can tell what is wrong
   */
  int readyOps(int polled, int interestOps);
}
