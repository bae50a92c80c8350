package dev.vsocklab.qemu.vhostuser;

import java.io.IOException;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * Transport resets, one after another: QEMU learns the CID, then the guest the event, and the reset
 * is done when the guest has dealt with it. Anyone asks; the device's thread carries out.
 *
 * <p>The guest's driver reads its CID from the device's configuration when it gets the event. QEMU
 * serves that from a copy of its own, which it renews when the device says that it changed.
 *
 * <p>Source: Linux {@code virtio_vsock_event_handle}; QEMU {@code vuv_handle_config_change}.
 */
final class TransportResets {
  private final Uplink uplink;
  private final TxQueue tx;
  private final Queue<Reset> asked = new ConcurrentLinkedQueue<>();

  TransportResets(Uplink uplink, TxQueue tx) {
    this.uplink = uplink;
    this.tx = tx;
  }

  private enum Step {
    ASKED,
    QEMU_TOLD,
    GUEST_TOLD
  }

  /** One reset. Only the device's thread touches what is not final or volatile. */
  static final class Reset {
    final EventQueue place;
    final long cid;
    final CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
    private Step step = Step.ASKED;
    private volatile boolean lacksBuffer;

    /** Configuration reads, then buffers offered, before that step. */
    private int before;

    private Reset(EventQueue place, long cid) {
      this.place = place;
      this.cid = cid;
    }

    /** Whether the guest could not be told yet, for want of a buffer in its event queue. */
    boolean lacksBuffer() {
      return lacksBuffer;
    }
  }

  /**
   * Asks for a reset.
   *
   * @return done when the guest has dealt with it; cancel that to give up
   */
  Reset ask(EventQueue place, long cid) {
    Reset reset = new Reset(place, cid);
    asked.add(reset);
    return reset;
  }

  /** Whether the guest must be looked at again soon, which does not tell when it is done. */
  boolean awaitsGuest() {
    Reset first = asked.peek();
    return first != null && (first.step == Step.GUEST_TOLD || first.lacksBuffer);
  }

  /** Goes on as far as is possible now. */
  void advance(Session session) {
    for (Reset reset = asked.peek(); reset != null; reset = asked.peek()) {
      try {
        if (!reset.done.isDone() && !isFinished(reset, session)) {
          return;
        }
        reset.done.complete(null);
      } catch (DeviceFailure | IOException | IllegalStateException e) {
        reset.done.completeExceptionally(e);
      }
      asked.remove();
    }
  }

  private boolean isFinished(Reset reset, Session session) throws DeviceFailure, IOException {
    if (!session.isStarted()) {
      throw new DeviceFailure("The guest's vsock driver does not run: nobody can be told.");
    }
    if (reset.step == Step.ASKED) {
      reset.before = session.configurationReads();
      if (reset.cid != session.cid()) {
        session.changeCid(reset.cid);
      }
      reset.step = Step.QEMU_TOLD;
    }
    if (reset.step == Step.QEMU_TOLD) {
      boolean changes = reset.cid != uplink.cid();
      if (changes && session.configurationReads() == reset.before) {
        return false;
      }
      EventRing ring = session.eventRing(reset.place);
      reset.lacksBuffer = !ring.hasBuffer();
      if (reset.lacksBuffer) {
        return false;
      }
      if (changes) {
        uplink.move(reset.cid);
        tx.expectCid(reset.cid);
      }
      reset.before = ring.offered();
      ring.putTransportReset();
      reset.step = Step.GUEST_TOLD;
    }
    if (session.eventRing(reset.place).offered() == reset.before) {
      return false;
    }
    uplink.transportWasReset();
    return true;
  }

  /** The device has ended. */
  void end() {
    for (Reset reset = asked.poll(); reset != null; reset = asked.poll()) {
      reset.done.completeExceptionally(new IOException("The vsock device has ended."));
    }
  }
}
