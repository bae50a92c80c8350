package dev.vsocklab.spi.nio;

import dev.vsocklab.spi.StreamSocket;

/** What a selector asks of a channel: which socket to poll, and what a poll means for its keys. */
interface PolledChannel {

  /** The socket to poll. */
  StreamSocket streamSocket();

  /** The keys that wait for this channel. */
  Readiness readiness();

  /**
   * The poll events that can make one of these operations ready in the channel's present state.
   * Only these: a key that waits for an event which makes nothing ready would spin, and an
   * unconnected vsock socket is always writable.
   *
   * @param interestOps operations of {@link java.nio.channels.SelectionKey}
   * @return events of {@link StreamSocket}, or 0 if none can until the channel's state changes
   */
  int eventsFor(int interestOps);

  /**
   * The operations that a poll's result makes ready.
   *
   * @param polled events of {@link StreamSocket}
   * @param interestOps the operations that the key asks for
   * @return those that are ready; all of them on {@link StreamSocket#POLLERR} or {@link
   *     StreamSocket#POLLHUP}, so that the call itself can tell what is wrong
   */
  int readyOps(int polled, int interestOps);
}
