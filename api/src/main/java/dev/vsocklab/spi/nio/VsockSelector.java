package dev.vsocklab.spi.nio;

import dev.vsocklab.spi.KernelSocket;
import java.io.IOException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.IllegalSelectorException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.nio.channels.spi.AbstractSelector;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A level-triggered selector over {@link KernelSocket#poll} and one-shot {@link
 * KernelSocket#watch}.
 *
 * <p>A key is either a candidate, polled by each selection, or armed, watched by its socket:
 *
 * <pre>
 *   registered, interest changed ─▶ candidate ── poll: ready ─▶ selected, stays a candidate
 *                                       ▲   └─── poll: not ready ─▶ armed
 *                                       └────────── callback ──────────┘  and the selector wakes
 * </pre>
 *
 * An idle connection costs nothing per selection. Two locks: {@code selectLock} is held for a whole
 * selection; {@code eventLock} is a leaf, held for a few instructions and never while a socket is
 * called, so callbacks may take it from anywhere.
 *
 * <p>Unlike the JDK's, a selection holds the monitor of the selected-key set only while it changes
 * the set, not while it waits, so that a waiting virtual thread can leave its carrier.
 */
final class VsockSelector extends AbstractSelector {
  private final VsockSelectorProvider machine;
  private final ReentrantLock selectLock;
  private final Set<SelectionKey> keys = ConcurrentHashMap.newKeySet();
  private final Set<SelectionKey> publicKeys = Collections.unmodifiableSet(keys);
  private final SelectedKeys selectedKeys = new SelectedKeys();
  private final List<VsockSelectionKey> candidates = new ArrayList<>();
  private final List<VsockSelectionKey> found = new ArrayList<>();
  private boolean selecting;

  private final ReentrantLock eventLock;
  private final Condition event;
  private final Queue<VsockSelectionKey> firedKeys = new ArrayDeque<>();
  private final Queue<VsockSelectionKey> changedKeys = new ArrayDeque<>();
  private boolean wokenUp;
  private int registrations;

  VsockSelector(VsockSelectorProvider provider) {
    super(provider);
    machine = provider;
    selectLock = provider.newLock();
    eventLock = provider.newLock();
    event = eventLock.newCondition();
  }

  @Override
  public Set<SelectionKey> keys() {
    ensureOpen();
    return publicKeys;
  }

  @Override
  public Set<SelectionKey> selectedKeys() {
    ensureOpen();
    return selectedKeys;
  }

  @Override
  public int selectNow() throws IOException {
    return selection(null, KernelSocket.NO_WAIT);
  }

  @Override
  public int select() throws IOException {
    return selection(null, KernelSocket.FOREVER);
  }

  @Override
  public int select(long timeoutMillis) throws IOException {
    return selection(null, nanos(timeoutMillis));
  }

  @Override
  public int selectNow(Consumer<SelectionKey> action) throws IOException {
    return selection(Objects.requireNonNull(action), KernelSocket.NO_WAIT);
  }

  @Override
  public int select(Consumer<SelectionKey> action) throws IOException {
    return selection(Objects.requireNonNull(action), KernelSocket.FOREVER);
  }

  @Override
  public int select(Consumer<SelectionKey> action, long timeoutMillis) throws IOException {
    return selection(Objects.requireNonNull(action), nanos(timeoutMillis));
  }

  @Override
  public VsockSelector wakeup() {
    eventLock.lock();
    try {
      wokenUp = true;
      event.signal();
    } finally {
      eventLock.unlock();
    }
    return this;
  }

  @Override
  protected SelectionKey register(
      AbstractSelectableChannel channel, int ops, @Nullable Object attachment) {
    ensureOpen();
    if (channel.provider() != provider()) {
      throw new IllegalSelectorException();
    }
    VsockSelectionKey key = newKey(channel, ops);
    key.attach(attachment);
    key.polled().readiness().register(key);
    keys.add(key);
    changed(key);
    if (!isOpen()) {
      // Closed meanwhile, perhaps before it could see this key.
      keys.remove(key);
      key.polled().readiness().deregister(key);
      key.cancel();
      throw new ClosedSelectorException();
    }
    return key;
  }

  private VsockSelectionKey newKey(SelectableChannel channel, int interestOps) {
    if (channel instanceof OwningChannel owning) {
      return new VsockSelectionKey(this, nextRegistration(), channel, owning.core(), interestOps);
    }
    throw new IllegalSelectorException();
  }

  private int nextRegistration() {
    eventLock.lock();
    try {
      return registrations++;
    } finally {
      eventLock.unlock();
    }
  }

  /** Has the next selection look at the key: its interest set is another. */
  void changed(VsockSelectionKey key) {
    eventLock.lock();
    try {
      if (!key.changed) {
        key.changed = true;
        changedKeys.add(key);
      }
    } finally {
      eventLock.unlock();
    }
  }

  /** Has the present or next selection look at the key: its channel may be ready. */
  void fire(VsockSelectionKey key) {
    eventLock.lock();
    try {
      if (!key.fired) {
        key.fired = true;
        firedKeys.add(key);
        event.signal();
      }
    } finally {
      eventLock.unlock();
    }
  }

  @Override
  protected void implCloseSelector() {
    wakeup();
    selectLock.lock();
    try {
      for (SelectionKey key : keys) {
        forget((VsockSelectionKey) key);
      }
      candidates.clear();
      found.clear();
      synchronized (selectedKeys) {
        selectedKeys.clear();
      }
    } finally {
      selectLock.unlock();
    }
  }

  private int selection(@Nullable Consumer<SelectionKey> action, long timeoutNanos)
      throws IOException {
    selectLock.lock();
    try {
      ensureOpen();
      if (selecting) {
        throw new IllegalStateException(
            "A selection of this selector is under way in this very thread; its action may not"
                + " start another.");
      }
      selecting = true;
      try {
        return selectionLocked(action, timeoutNanos);
      } finally {
        selecting = false;
      }
    } finally {
      selectLock.unlock();
    }
  }

  private int selectionLocked(@Nullable Consumer<SelectionKey> action, long timeoutNanos) {
    boolean timed = timeoutNanos != KernelSocket.NO_WAIT && timeoutNanos != KernelSocket.FOREVER;
    long startNanos = timed ? machine.nanoTime() : 0;
    forgetCancelled();
    takeChanged();
    boolean wait = timeoutNanos != KernelSocket.NO_WAIT;
    while (true) {
      boolean woken = takeFired();
      pollCandidates();
      if (!found.isEmpty() || woken || !wait) {
        break;
      }
      long leftNanos = timed ? timeoutNanos - (machine.nanoTime() - startNanos) : timeoutNanos;
      // After the wait there is one more look, for what came at its very end.
      wait = awaitEvent(leftNanos);
      forgetCancelled();
    }
    int updated = publish(action);
    forgetCancelled();
    return updated;
  }

  /**
   * Waits for a fired key or a wakeup.
   *
   * @return false if time ran out or the thread is interrupted, which stays so
   */
  private boolean awaitEvent(long timeoutNanos) {
    eventLock.lock();
    try {
      long leftNanos = timeoutNanos;
      while (firedKeys.isEmpty() && !wokenUp) {
        if (leftNanos <= 0) {
          return false;
        }
        if (leftNanos == KernelSocket.FOREVER) {
          event.await();
        } else {
          leftNanos = event.awaitNanos(leftNanos);
        }
      }
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      eventLock.unlock();
    }
  }

  /** Makes candidates of the keys whose interest set was changed before this selection. */
  private void takeChanged() {
    eventLock.lock();
    try {
      VsockSelectionKey key;
      while ((key = changedKeys.poll()) != null) {
        key.changed = false;
        addCandidate(key);
      }
    } finally {
      eventLock.unlock();
    }
  }

  /** Makes candidates of the fired keys, and tells whether someone called for a wakeup. */
  private boolean takeFired() {
    eventLock.lock();
    try {
      VsockSelectionKey key;
      while ((key = firedKeys.poll()) != null) {
        key.fired = false;
        addCandidate(key);
      }
      boolean woken = wokenUp;
      wokenUp = false;
      return woken;
    } finally {
      eventLock.unlock();
    }
  }

  private void addCandidate(VsockSelectionKey key) {
    if (!key.candidate) {
      key.candidate = true;
      candidates.add(key);
    }
  }

  /** Polls every candidate: the ready ones are found and stay, the others are armed and leave. */
  private void pollCandidates() {
    found.clear();
    int staying = 0;
    for (int i = 0; i < candidates.size(); i++) {
      VsockSelectionKey key = candidates.get(i);
      key.newReadyOps = pollOrArm(key);
      if (key.newReadyOps != 0) {
        found.add(key);
        candidates.set(staying++, key);
      } else {
        key.candidate = false;
      }
    }
    candidates.subList(staying, candidates.size()).clear();
  }

  /** The key's ready operations; 0 if none is, and then the key is armed if it waits for one. */
  private static int pollOrArm(VsockSelectionKey key) {
    SocketCore core = key.polled();
    int interestOps = key.interest();
    int events = key.isValid() ? core.eventsFor(interestOps) : 0;
    if (events == 0) {
      return 0;
    }
    try {
      int polled = core.kernelSocket().poll(events, KernelSocket.NO_WAIT);
      if ((polled & KernelSocket.POLLNVAL) != 0) {
        // Closed through the channel: the key is about to be cancelled. Closed beneath it, by its
        // machine: the channel's next call will tell.
        return key.channel().isOpen() ? interestOps : 0;
      }
      int readyOps = core.readyOps(polled, interestOps);
      if (readyOps == 0) {
        core.readiness().arm(key, events);
      }
      return readyOps;
    } catch (IOException e) {
      // The machine is gone. As with a socket in error, the channel's next call says so.
      return interestOps;
    }
  }

  /** Hands the found keys to the action, or else puts them into the selected-key set. */
  private int publish(@Nullable Consumer<SelectionKey> action) {
    if (found.isEmpty()) {
      return 0;
    }
    return action == null ? selectFound() : runOnFound(action);
  }

  private int selectFound() {
    int updated = 0;
    synchronized (selectedKeys) {
      for (VsockSelectionKey key : found) {
        if (key.isValid() && select(key)) {
          updated++;
        }
      }
    }
    return updated;
  }

  private int runOnFound(Consumer<SelectionKey> action) {
    int consumed = 0;
    for (int i = 0; i < found.size(); i++) {
      VsockSelectionKey key = found.get(i);
      if (key.isValid()) {
        key.ready(key.newReadyOps);
        action.accept(key);
        ensureOpen(); // the action may have closed the selector
        consumed++;
      }
    }
    return consumed;
  }

  /** Selects one key, and tells whether that changed anything. */
  private boolean select(VsockSelectionKey key) {
    if (selectedKeys.contains(key)) {
      int before = key.ready();
      key.ready(before | key.newReadyOps);
      return key.ready() != before;
    }
    key.ready(key.newReadyOps);
    selectedKeys.select(key);
    return true;
  }

  private void forgetCancelled() {
    Set<SelectionKey> cancelled = cancelledKeys();
    VsockSelectionKey[] toForget;
    synchronized (cancelled) {
      if (cancelled.isEmpty()) {
        return;
      }
      toForget = cancelled.toArray(VsockSelectionKey[]::new);
      cancelled.clear();
    }
    for (VsockSelectionKey key : toForget) {
      forget(key);
      synchronized (selectedKeys) {
        selectedKeys.remove(key);
      }
    }
  }

  private void forget(VsockSelectionKey key) {
    keys.remove(key);
    key.polled().readiness().deregister(key);
    deregister(key);
  }

  private void ensureOpen() {
    if (!isOpen()) {
      throw new ClosedSelectorException();
    }
  }

  /** A select timeout, of which zero waits without end. */
  private static long nanos(long timeoutMillis) {
    if (timeoutMillis < 0) {
      throw new IllegalArgumentException("The timeout of " + timeoutMillis + " ms is negative.");
    }
    return timeoutMillis == 0 ? KernelSocket.FOREVER : TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
  }
}
