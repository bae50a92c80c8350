package dev.vsocklab.qemu;

import dev.vsocklab.spi.LabRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The guests that run between labs: each is booted once and lent to one lab at a time.
 *
 * <p>A lab gets all its guests or waits for all, so two labs never wait for each other. Parallel
 * labs that want the same CID get different machines with that CID, up to a limit.
 */
final class GuestPool<G extends GuestPool.Guest> implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("dev.vsocklab.qemu");

  /** Machines with the same kernel and CID. */
  static final int MAX_ALIKE = 2;

  /** Machines in all, each with 256 MiB of memory and a CPU to run on. */
  static final int MAX_GUESTS = 6;

  private final Boot<G> boot;
  private final Duration waitDeadline;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Map<Kind, Integer> lent = new HashMap<>();
  private final Deque<G> idle = new ArrayDeque<>(); // longest unused first
  private int lentInAll;
  private boolean closed;

  /**
   * Creates an empty pool.
   *
   * @param boot boots a machine
   * @param waitDeadline how long a lab waits for others to give guests back
   */
  GuestPool(Boot<G> boot, Duration waitDeadline) {
    this.boot = boot;
    this.waitDeadline = waitDeadline;
  }

  /** A machine that can be lent. */
  interface Guest extends AutoCloseable {
    /** Its kernel series. */
    String series();

    /** Its CID. */
    long cid();

    /** Whether another lab can have it. */
    boolean isUsable();

    /** Ends it. */
    @Override
    void close() throws IOException;
  }

  /**
   * Boots a machine of a kernel series with a CID.
   *
   * @param <G> the machines
   */
  interface Boot<G> {
    /**
     * Boots it.
     *
     * @throws IOException if it does not come up
     */
    G boot(String series, long cid) throws IOException;
  }

  /**
   * A machine that a lab asks for.
   *
   * @param cid its CID
   * @param fresh whether it must be booted for this lab alone
   */
  record Wanted(long cid, boolean fresh) {}

  /** What makes two machines interchangeable. */
  private record Kind(String series, long cid) {}

  /**
   * Lends a lab its guests, in the order of the request.
   *
   * @throws IOException if one does not come up, or other labs keep them too long
   */
  List<G> lend(LabRequest request) throws IOException {
    List<Wanted> wanted =
        request.guests().stream().map(guest -> new Wanted(guest.cid(), guest.fresh())).toList();
    return lend(request.name(), request.kernel(), wanted);
  }

  /**
   * Lends a lab machines.
   *
   * @param lab its name
   * @param series the kernel series
   * @param wanted the machines
   * @return them, in that order
   * @throws IOException if one does not come up, or other labs keep them too long
   */
  List<G> lend(String lab, String series, List<Wanted> wanted) throws IOException {
    if (wanted.size() > MAX_GUESTS) {
      throw new IOException(
          lab
              + " asks for "
              + wanted.size()
              + " real guests; at most "
              + MAX_GUESTS
              + " run at a time. Ask for fewer, or use the simulator.");
    }
    List<G> surplus = new ArrayList<>();
    List<@Nullable G> found = reserve(lab, series, wanted, surplus);
    surplus.forEach(GuestPool::end);
    List<G> guests = new ArrayList<>();
    try {
      for (int i = 0; i < found.size(); i++) {
        G vm = found.get(i);
        guests.add(vm != null ? vm : boot.boot(series, wanted.get(i).cid()));
      }
    } catch (IOException | RuntimeException e) {
      for (int i = 0; i < found.size(); i++) {
        G vm = i < guests.size() ? guests.get(i) : found.get(i);
        giveBack(series, wanted.get(i).cid(), vm);
      }
      throw e;
    }
    return guests;
  }

  /** Reserves a place for each guest and takes those that are idle; null where one must boot. */
  private List<@Nullable G> reserve(String lab, String series, List<Wanted> wanted, List<G> surplus)
      throws IOException {
    lock.lock();
    try {
      awaitRoom(lab, series, wanted);
      List<@Nullable G> found = new ArrayList<>();
      for (Wanted next : wanted) {
        Kind kind = new Kind(series, next.cid());
        lent.merge(kind, 1, Integer::sum);
        lentInAll++;
        found.add(next.fresh() ? null : takeIdle(kind, surplus));
      }
      while (lentInAll + idle.size() > MAX_GUESTS) {
        surplus.add(idle.removeFirst());
      }
      return found;
    } finally {
      lock.unlock();
    }
  }

  private @Nullable G takeIdle(Kind kind, List<G> surplus) {
    for (Iterator<G> all = idle.iterator(); all.hasNext(); ) {
      G vm = all.next();
      if (kind.equals(new Kind(vm.series(), vm.cid()))) {
        all.remove();
        if (vm.isUsable()) {
          return vm;
        }
        surplus.add(vm); // it died while nobody looked
      }
    }
    return null;
  }

  private void awaitRoom(String lab, String series, List<Wanted> wanted) throws IOException {
    long leftNanos = waitDeadline.toNanos();
    while (true) {
      if (closed) {
        throw new IOException("The backend is closed: no guest for " + lab + ".");
      }
      if (hasRoom(series, wanted)) {
        return;
      }
      if (leftNanos <= 0) {
        throw new IOException(
            lab
                + " waited "
                + waitDeadline.toSeconds()
                + " s for guests that other tests have ("
                + lentInAll
                + " of at most "
                + MAX_GUESTS
                + " are lent, at most "
                + MAX_ALIKE
                + " with one kernel and CID). Run fewer tests in parallel, or give them other"
                + " CIDs.");
      }
      try {
        leftNanos = changed.awaitNanos(leftNanos);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("Interrupted while " + lab + " waited for a guest.", e);
      }
    }
  }

  private boolean hasRoom(String series, List<Wanted> wanted) {
    if (lentInAll + wanted.size() > MAX_GUESTS) {
      return false;
    }
    for (Wanted next : wanted) {
      if (lent.getOrDefault(new Kind(series, next.cid()), 0) >= MAX_ALIKE) {
        return false;
      }
    }
    return true;
  }

  /**
   * Takes a machine back, or only its place.
   *
   * @param vm a clean machine for the next lab, or null if there is none to keep
   */
  void giveBack(String series, long cid, @Nullable G vm) {
    boolean keep;
    lock.lock();
    try {
      lent.merge(new Kind(series, cid), -1, (a, b) -> a + b == 0 ? null : a + b);
      lentInAll--;
      keep = vm != null && !closed && vm.isUsable();
      if (keep && vm != null) {
        idle.addLast(vm);
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    if (!keep && vm != null) {
      end(vm);
    }
  }

  /** Ends all idle machines; lent ones end when they come back. Closing again does nothing. */
  @Override
  public void close() {
    List<G> rest;
    lock.lock();
    try {
      closed = true;
      rest = new ArrayList<>(idle);
      idle.clear();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    rest.forEach(GuestPool::end);
  }

  static void end(Guest vm) {
    try {
      vm.close();
    } catch (IOException e) {
      LOG.log(System.Logger.Level.WARNING, "A guest did not end cleanly.", e);
    }
  }
}
