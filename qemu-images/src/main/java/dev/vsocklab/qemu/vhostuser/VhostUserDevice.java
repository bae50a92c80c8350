package dev.vsocklab.qemu.vhostuser;

import dev.vsocklab.fault.Virtqueue;
import dev.vsocklab.linux.EventFd;
import dev.vsocklab.linux.PollSet;
import dev.vsocklab.linux.UnixConnection;
import dev.vsocklab.linux.UnixListener;
import dev.vsocklab.sim.fabric.Fabric;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The virtio-vsock device of one QEMU, from QEMU's start to its end. It listens, QEMU connects (the
 * device must be there first and cannot be replaced: QEMU does not connect again), and from then on
 * the guest can be {@linkplain #plug plugged} into one fabric after another, test by test.
 *
 * <p>It ends with QEMU, with {@link #close}, or with a {@link #failure}: then the guest leaves its
 * fabric, so that sockets connected to it end, and everything is closed and unmapped. All methods
 * may be called by any thread and never wait, but for {@link #awaitStarted}, {@link #awaitEnded}
 * and {@link #close}.
 */
public final class VhostUserDevice implements AutoCloseable {
  private static final long MIN_CID = 3;
  private static final long MAX_CID = 0xFFFF_FFFEL;
  private static final long CLOSE_SECONDS = 30;
  private static final long RESET_SECONDS = 10;

  /** How often a guest is looked at that must deal with an event; nothing tells when it has. */
  private static final int LOOK_AGAIN_MILLIS = 1;

  private final UnixListener listener;
  private final EventFd wakeUp;
  private final DeviceLog log = new DeviceLog();
  private final AtomicReference<@Nullable DeviceFailure> failure = new AtomicReference<>();
  private final RxQueue rx = new RxQueue(this::failFromAnyThread);
  private final Uplink uplink;
  private final TxQueue tx;
  private final TransportResets resets;
  private final Thread thread;

  private final ReentrantLock stateLock = new ReentrantLock();
  private final Condition stateChanged = stateLock.newCondition();
  private boolean closing;
  private boolean started;
  private boolean ended;

  private VhostUserDevice(long cid, UnixListener listener, EventFd wakeUp) {
    this.listener = listener;
    this.wakeUp = wakeUp;
    this.uplink = new Uplink(cid, rx, log);
    this.tx = new TxQueue(cid, rx, uplink, log);
    this.resets = new TransportResets(uplink, tx);
    this.thread = new Thread(this::run, "vsocklab-vhost-user-" + cid);
    thread.setDaemon(true);
  }

  /**
   * Creates a device and listens for its QEMU, which is then started with {@code -chardev
   * socket,id=c,path=SOCKET -device vhost-user-vsock-pci,chardev=c} and with memory that can be
   * shared ({@code memory-backend-memfd,share=on}).
   *
   * @param socket where to listen; the path must be free, and is removed once QEMU has connected
   * @param cid the guest's CID, 3 to 4294967294; the guest reads it when its driver starts
   * @return the device
   * @throws IOException if the path cannot be used
   */
  public static VhostUserDevice listen(Path socket, long cid) throws IOException {
    checkCid(cid);
    UnixListener listener = UnixListener.listen(socket);
    EventFd wakeUp;
    try {
      wakeUp = EventFd.create("the wake-up of the vsock device " + cid);
    } catch (IOException e) {
      listener.close();
      throw e;
    }
    VhostUserDevice device = new VhostUserDevice(cid, listener, wakeUp);
    device.log.event("listening at " + socket + " for the QEMU of guest " + cid);
    device.thread.start();
    return device;
  }

  private static void checkCid(long cid) {
    if (cid < MIN_CID || cid > MAX_CID) {
      throw new IllegalArgumentException(
          "A guest's CID is " + MIN_CID + " to " + MAX_CID + ", not " + cid + ".");
    }
  }

  /**
   * The guest's CID: the one that the device was created with, until a {@link #resetTransport}
   * changed it.
   *
   * @return 3 to 4294967294
   */
  public long cid() {
    return uplink.cid();
  }

  /**
   * Tells the guest's driver that its transport was reset (virtio 1.3 section 5.10.6.7), and waits
   * until it has dealt with that. Its connections are then gone, also for the others on the fabric.
   *
   * @param place the driver's event queue, as QEMU's monitor tells it
   * @param newCid the guest's CID from now on, which may be the one it has
   * @throws IllegalArgumentException if it is not a guest's
   * @throws IllegalStateException if the fabric has that CID already
   * @throws IOException if the guest's driver does not run, or does not take the event in time; or
   *     if QEMU does not take another CID
   */
  public void resetTransport(EventQueue place, long newCid) throws IOException {
    checkCid(newCid);
    uplink.checkFree(newCid);
    TransportResets.Reset reset = resets.ask(place, newCid);
    stateLock.lock();
    try {
      if (ended) {
        resets.end();
      }
      wakeThread();
    } finally {
      stateLock.unlock();
    }
    try {
      reset.done.get(RESET_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      Throwable why = e.getCause() == null ? e : e.getCause();
      throw new IOException(
          "The transport of guest " + cid() + " was not reset: " + why.getMessage(), why);
    } catch (TimeoutException e) {
      reset.done.cancel(false);
      throw new IOException(
          "The guest "
              + cid()
              + " did not take its transport's reset within "
              + RESET_SECONDS
              + (reset.lacksBuffer()
                  ? " s: it has no buffer in its event queue to be told in."
                  : " s.")
              + " Is it paused? The device saw:\n"
              + log(),
          e);
    } catch (InterruptedException e) {
      reset.done.cancel(false);
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted while guest " + cid() + " was reset.", e);
    }
  }

  /**
   * Serves a queue no more, as a device that hangs: packets for the guest wait in the device, those
   * of the guest in its ring. Each call is undone by one {@link #resume}.
   *
   * @param queue which
   */
  public void stall(Virtqueue queue) {
    log.event("stalled: " + queue);
    if (queue != Virtqueue.TX) {
      rx.gate().stall();
    }
    if (queue != Virtqueue.RX) {
      tx.gate().stall();
    }
  }

  /**
   * Serves a queue again. What waited goes on first, in order.
   *
   * @param queue what {@link #stall} was called with
   */
  public void resume(Virtqueue queue) {
    log.event("resumed: " + queue);
    if (queue != Virtqueue.TX) {
      rx.gate().resume();
      rx.fill();
    }
    if (queue != Virtqueue.RX) {
      tx.gate().resume();
    }
    stateLock.lock();
    try {
      wakeThread(); // the guest has kicked already, and will not do so again
    } finally {
      stateLock.unlock();
    }
  }

  /**
   * Lets the others on the fabric take the guest's connections for over, as after a transport reset
   * of which the guest has not heard.
   */
  public void forgetConnections() {
    uplink.transportWasReset();
  }

  /**
   * Attaches the guest to a fabric, booted or not. Until the guest's driver runs, packets for it
   * wait.
   *
   * @param fabric the fabric
   * @throws IllegalStateException if the guest is on a fabric already, the fabric has that CID
   *     already, or the device has ended
   */
  public void plug(Fabric fabric) {
    uplink.plug(fabric);
  }

  /**
   * Detaches the guest from its fabric, whose other machines hear that it is gone. The guest's
   * kernel hears nothing: from now on each packet that it sends, but for RST, is answered with RST.
   * Packets that wait for room in the guest still go there, except connects. Does nothing if the
   * guest is on no fabric.
   */
  public void unplug() {
    uplink.unplug();
  }

  /**
   * Takes the device away from the guest for good, as far as the guest can tell without its driver
   * being removed: it leaves its fabric, whose other machines hear that it is gone; its transport
   * is reset; and from then on nothing that it sends arrives anywhere.
   *
   * @param place the driver's event queue, as QEMU's monitor tells it
   * @throws IOException if the guest's driver does not take the reset; it is cut off all the same
   */
  public void takeAway(EventQueue place) throws IOException {
    uplink.takeAway();
    resetTransport(place, cid());
  }

  /**
   * Whether {@link #takeAway} was called.
   *
   * @return true if the device serves no other lab
   */
  public boolean isTakenAway() {
    return uplink.isTakenAway();
  }

  /**
   * What ended the device, if it did not end with QEMU or {@link #close}.
   *
   * @return a sentence for the test's report, or empty
   */
  public Optional<String> failure() {
    DeviceFailure seen = failure.get();
    return seen == null ? Optional.empty() : Optional.of(String.valueOf(seen.getMessage()));
  }

  /**
   * What happened to this device: the last 200 events, and how many packets were dropped for which
   * reason.
   *
   * @return lines of text
   */
  public String log() {
    return log.text();
  }

  /**
   * Packets of the guest's that were dropped, as Linux's vhost drops them: not from the guest's CID
   * to CID 2 (or a sibling, where the fabric has them), a payload over 64 KiB, or less payload than
   * the header says.
   *
   * @return 0 or more
   */
  public long droppedPackets() {
    return log.dropCount();
  }

  /**
   * Waits until the guest's driver has started the device: its kernel can now connect and be
   * connected to.
   *
   * @param timeout the longest wait
   * @throws IOException if the device ends first, or the time runs out; with the log
   * @throws InterruptedException if the thread is interrupted
   */
  public void awaitStarted(Duration timeout) throws IOException, InterruptedException {
    stateLock.lock();
    try {
      long leftNanos = timeout.toNanos();
      while (!started) {
        if (ended) {
          throw new IOException(
              "The vsock device of guest "
                  + cid()
                  + " ended before the guest's driver started it: "
                  + failure().orElse("QEMU or the test closed it.")
                  + "\n"
                  + log());
        }
        if (leftNanos <= 0) {
          throw new IOException(
              "The guest "
                  + cid()
                  + " did not start its vsock driver within "
                  + timeout
                  + ". Does its kernel have vmw_vsock_virtio_transport? The device saw:\n"
                  + log());
        }
        leftNanos = stateChanged.awaitNanos(leftNanos);
      }
    } finally {
      stateLock.unlock();
    }
  }

  /**
   * Waits until the device has ended, for whatever reason, and holds nothing any more.
   *
   * @param timeout the longest wait
   * @return false if the time ran out
   * @throws InterruptedException if the thread is interrupted
   */
  public boolean awaitEnded(Duration timeout) throws InterruptedException {
    stateLock.lock();
    try {
      long leftNanos = timeout.toNanos();
      while (!ended && leftNanos > 0) {
        leftNanos = stateChanged.awaitNanos(leftNanos);
      }
      return ended;
    } finally {
      stateLock.unlock();
    }
  }

  /**
   * Ends the device and waits until its thread, mappings and descriptors are gone. QEMU should be
   * ended first: one that lives on has a dead device.
   *
   * @throws IllegalStateException if the thread does not end within 30 seconds
   */
  @Override
  public void close() {
    stateLock.lock();
    try {
      closing = true;
      wakeThread();
    } finally {
      stateLock.unlock();
    }
    if (Thread.currentThread() != thread) {
      join();
    }
  }

  private void join() {
    boolean interrupted = false;
    long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(CLOSE_SECONDS);
    while (thread.isAlive()) {
      long leftNanos = deadlineNanos - System.nanoTime();
      if (leftNanos <= 0) {
        throw new IllegalStateException(
            "The thread of the vsock device "
                + cid()
                + " does not end, somebody keeps it in a packet's hand-over: "
                + Arrays.toString(thread.getStackTrace()));
      }
      try {
        TimeUnit.NANOSECONDS.timedJoin(thread, leftNanos);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** The eventfd is closed together with the end, under the same lock. */
  private void wakeThread() {
    if (ended) {
      return;
    }
    try {
      wakeUp.signal();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void failFromAnyThread(DeviceFailure cause) {
    failure.compareAndSet(null, cause);
    stateLock.lock();
    try {
      wakeThread();
    } finally {
      stateLock.unlock();
    }
  }

  private boolean mustEnd() {
    if (failure.get() != null) {
      return true;
    }
    stateLock.lock();
    try {
      return closing;
    } finally {
      stateLock.unlock();
    }
  }

  private void run() {
    try {
      UnixConnection connection = awaitQemu();
      if (connection != null) {
        log.event("QEMU connected");
        MessageChannel channel = new MessageChannel(connection);
        try (Session session = new Session(channel, cid(), rx, tx, uplink, log)) {
          serve(session, channel);
        }
      }
    } catch (DeviceFailure | IOException | InternalError e) {
      failure.compareAndSet(null, DeviceFailure.because(e));
    } catch (RuntimeException | Error e) {
      failure.compareAndSet(null, DeviceFailure.because(e));
      throw e; // a defect of ours: the thread's handler shows where
    } finally {
      end();
    }
  }

  private @Nullable UnixConnection awaitQemu() throws IOException {
    try (listener) {
      PollSet set = new PollSet(2);
      while (!mustEnd()) {
        set.clear();
        set.add(wakeUp.fd());
        int listening = set.add(listener.fd());
        set.await(PollSet.FOREVER);
        if (set.isReady(listening)) {
          UnixConnection connection = listener.accept();
          if (connection != null) {
            return connection;
          }
        }
      }
      return null;
    }
  }

  private void serve(Session session, MessageChannel channel) throws IOException, DeviceFailure {
    PollSet set = new PollSet(4);
    while (!mustEnd()) {
      resets.advance(session);
      boolean more = tx.drain();
      set.clear();
      int wakeUpSlot = set.add(wakeUp.fd());
      int messages = set.add(channel.fd());
      EventFd rxKick = session.rxKick();
      EventFd txKick = session.txKick();
      int rxSlot = rxKick == null ? Integer.MAX_VALUE : set.add(rxKick.fd());
      int txSlot = txKick == null ? Integer.MAX_VALUE : set.add(txKick.fd());
      set.await(more ? 0 : resets.awaitsGuest() ? LOOK_AGAIN_MILLIS : PollSet.FOREVER);
      if (set.isReady(wakeUpSlot)) {
        wakeUp.drain();
      }
      if (txKick != null && set.isReady(txSlot)) {
        txKick.drain();
      }
      if (rxKick != null && set.isReady(rxSlot)) {
        rxKick.drain();
        rx.fill();
      }
      if (set.isReady(messages) && !obey(session, channel)) {
        log.event("QEMU closed the connection");
        return;
      }
    }
  }

  /** Obeys the next message; false at the connection's end. The tx ring has its turn in between. */
  private boolean obey(Session session, MessageChannel channel) throws IOException, DeviceFailure {
    Message message = channel.next();
    if (message != null) {
      session.handle(message);
    }
    boolean nowStarted = session.isStarted();
    stateLock.lock();
    try {
      started = nowStarted;
      stateChanged.signalAll();
    } finally {
      stateLock.unlock();
    }
    return !channel.ended();
  }

  private void end() {
    failure().ifPresent(sentence -> log.event("failed: " + sentence));
    uplink.end();
    stateLock.lock();
    try {
      started = false;
      ended = true;
      resets.end();
      wakeUp.close();
      stateChanged.signalAll();
    } finally {
      stateLock.unlock();
    }
    log.event("ended");
  }
}
