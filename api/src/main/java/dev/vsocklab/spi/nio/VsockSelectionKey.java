package dev.vsocklab.spi.nio;

import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.Selector;
import java.nio.channels.spi.AbstractSelectionKey;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** One channel's registration with one selector, and where it stands in that selector's round. */
final class VsockSelectionKey extends AbstractSelectionKey {
  private final VsockSelector selector;
  private final int number;
  private final SelectableChannel channel;
  private final SocketCore polled;
  private final AtomicInteger interestOps;
  private volatile int readyOps;

  // For Readiness: armed is cleared last when the key leaves the stack; the rest changes only
  // while it is off the stack, or under the lock of those who arm.
  volatile boolean armed;
  int armedEvents;
  @Nullable VsockSelectionKey nextArmed;

  // For VsockSelector, under its event lock.
  boolean fired;
  boolean changed;

  // For VsockSelector, under its select lock.
  boolean candidate;
  int newReadyOps;

  VsockSelectionKey(
      VsockSelector selector,
      int number,
      SelectableChannel channel,
      SocketCore polled,
      int interestOps) {
    this.selector = selector;
    this.number = number;
    this.channel = channel;
    this.polled = polled;
    this.interestOps = new AtomicInteger(interestOps);
  }

  @Override
  public SelectableChannel channel() {
    return channel;
  }

  @Override
  public Selector selector() {
    return selector;
  }

  SocketCore polled() {
    return polled;
  }

  @Override
  public int interestOps() {
    ensureValid();
    return interestOps.get();
  }

  @Override
  public VsockSelectionKey interestOps(int ops) {
    ensureValid();
    ensurePossible(ops);
    if (interestOps.getAndSet(ops) != ops) {
      selector.changed(this);
    }
    return this;
  }

  @Override
  public int interestOpsOr(int ops) {
    ensureValid();
    ensurePossible(ops);
    int before = interestOps.getAndUpdate(now -> now | ops);
    if ((before | ops) != before) {
      selector.changed(this);
    }
    return before;
  }

  @Override
  public int interestOpsAnd(int ops) {
    ensureValid();
    int before = interestOps.getAndUpdate(now -> now & ops);
    if ((before & ops) != before) {
      selector.changed(this);
    }
    return before;
  }

  @Override
  public int readyOps() {
    ensureValid();
    return readyOps;
  }

  /** The interest set, of a cancelled key too. */
  int interest() {
    return interestOps.get();
  }

  /** The ready set, of a cancelled key too. */
  int ready() {
    return readyOps;
  }

  void ready(int ops) {
    readyOps = ops;
  }

  /** Puts the key before its selector again, and wakes it. */
  void fire() {
    selector.fire(this);
  }

  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  /** Which registration it is: the order of a set of keys is then the same in every run. */
  @Override
  public int hashCode() {
    return number;
  }

  private void ensureValid() {
    if (!isValid()) {
      throw new CancelledKeyException();
    }
  }

  private void ensurePossible(int ops) {
    if ((ops & ~channel.validOps()) != 0) {
      throw new IllegalArgumentException(
          "Operations 0x"
              + Integer.toHexString(ops)
              + " are not all among those of the channel, 0x"
              + Integer.toHexString(channel.validOps())
              + ".");
    }
  }

  @Override
  public String toString() {
    String state =
        isValid() ? "interestOps=" + interestOps + ", readyOps=" + readyOps : "cancelled";
    return "SelectionKey[" + channel + ", " + state + "]";
  }
}
