package dev.vsocklab.spi.nio;

import dev.vsocklab.spi.KernelSocket;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The keys of one channel that wait for its socket: the socket has room for one {@link
 * KernelSocket#watch}, a channel may be registered with several selectors.
 *
 * <p>Armed keys form a stack. Whoever arms a key pushes it and renews the watch for the events of
 * all; the socket's callback takes the whole stack and fires each key. Those that the event was not
 * for are polled by their selector, found not ready, and armed again.
 *
 * <p>The callback may run under the socket's own lock, so it takes no lock under which anyone calls
 * the socket: the stack is an atomic reference, and {@code armLock} is for those who arm alone.
 */
final class Readiness implements Runnable {
  private final KernelSocket socket;
  private final ReentrantLock armLock = new ReentrantLock();
  private final AtomicReference<@Nullable VsockSelectionKey> armed = new AtomicReference<>();
  private final List<VsockSelectionKey> registered = new CopyOnWriteArrayList<>();

  Readiness(KernelSocket socket) {
    this.socket = socket;
  }

  void register(VsockSelectionKey key) {
    registered.add(key);
  }

  void deregister(VsockSelectionKey key) {
    registered.remove(key);
  }

  /** Fires the key once, when one of the events holds or the socket is closed. */
  void arm(VsockSelectionKey key, int events) throws IOException {
    armLock.lock();
    try {
      key.armedEvents = events;
      if (!key.armed) {
        key.armed = true;
        push(key);
      }
      // A callback that runs meanwhile empties the stack and fires what was on it: nothing is lost.
      int allEvents = events;
      for (VsockSelectionKey k = armed.get(); k != null; k = k.nextArmed) {
        allEvents |= k.armedEvents;
      }
      socket.watch(allEvents, this);
    } finally {
      armLock.unlock();
    }
  }

  /** The socket's callback. */
  @Override
  public void run() {
    VsockSelectionKey key = armed.getAndSet(null);
    while (key != null) {
      VsockSelectionKey next = key.nextArmed;
      key.nextArmed = null;
      key.armed = false;
      key.fire();
      key = next;
    }
  }

  /** Lets every selector look at this channel again: its state, not its socket's, has changed. */
  void channelChanged() {
    for (VsockSelectionKey key : registered) {
      key.fire();
    }
  }

  private void push(VsockSelectionKey key) {
    VsockSelectionKey top;
    do {
      top = armed.get();
      key.nextArmed = top;
    } while (!armed.compareAndSet(top, key));
  }
}
