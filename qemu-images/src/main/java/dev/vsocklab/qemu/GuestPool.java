package dev.vsocklab.qemu;

import dev.vsocklab.qemu.launch.QemuGuest;
import dev.vsocklab.spi.LabRequest;
import dev.vsocklab.spi.LabRequest.GuestRequest;
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
 * labs that want the same CID get different machines with that CID, up to a limit. Machines boot at
 * the same time, and may begin before a lab asks for them.
 */
final class GuestPool<G extends GuestPool.Guest> implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("dev.vsocklab.qemu");

  /** Machines of the same kind. */
  static final int MAX_ALIKE = 2;

  private final Boots<G> boots;
  private final Duration waitDeadline;
  private final GuestCapacity capacity;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Map<Kind, Integer> lent = new HashMap<>();
  private final Deque<Boots.Machine<G>> idle = new ArrayDeque<>(); // longest unused first
  private int lentInAll;
  private int lentMib;
  private boolean closed;

  /**
   * Creates an empty pool for this machine's capacity.
   *
   * @param boot boots a machine
   * @param waitDeadline how long a lab waits for others to give guests back
   */
  GuestPool(Boot<G> boot, Duration waitDeadline) {
    this(boot, waitDeadline, GuestCapacity.ofThisMachine());
  }

  GuestPool(Boot<G> boot, Duration waitDeadline, GuestCapacity capacity) {
    this.boots = new Boots<>(boot, capacity.boots());
    this.waitDeadline = waitDeadline;
    this.capacity = capacity;
  }

  /** A machine that can be lent. */
  interface Guest extends AutoCloseable {
    /** What it is. */
    Kind kind();

    /** Whether another lab can have it. */
    boolean isUsable();

    /** Ends it. */
    @Override
    void close() throws IOException;
  }

  /**
   * Boots a machine.
   *
   * @param <G> the machines
   */
  interface Boot<G> {
    /**
     * Boots it, from any thread.
     *
     * @throws IOException if it does not come up
     */
    G boot(Kind kind) throws IOException;
  }

  /**
   * What makes two machines interchangeable. A test's files are not in it: they come with the lab
   * and go with it.
   *
   * @param series the kernel series
   * @param cid its CID
   * @param memoryMib its memory in MiB
   */
  record Kind(String series, long cid, int memoryMib) {
    /** What a guest has if nobody says otherwise. */
    static final int DEFAULT_MEMORY_MIB = QemuGuest.Config.DEFAULT_MEMORY_MIB;

    /** A machine of the default size. */
    Kind(String series, long cid) {
      this(series, cid, DEFAULT_MEMORY_MIB);
    }

    /**
     * What a request asks for.
     *
     * @param labKernel the kernel series of guests that name none
     */
    static Kind of(GuestRequest request, String labKernel) {
      return new Kind(
          request.kernelOr(labKernel),
          request.cid(),
          request.memoryMib() == 0 ? DEFAULT_MEMORY_MIB : request.memoryMib());
    }
  }

  /**
   * A machine that a lab asks for.
   *
   * @param kind what it is
   * @param fresh whether it must be booted for this lab alone
   */
  record Wanted(Kind kind, boolean fresh) {}

  /**
   * Lends a lab its guests, in the order of the request.
   *
   * @throws IOException if one does not come up, or other labs keep them too long
   */
  List<G> lend(LabRequest request) throws IOException {
    return lend(request.name(), wanted(request));
  }

  private static List<Wanted> wanted(LabRequest request) {
    return request.guests().stream()
        .map(guest -> new Wanted(Kind.of(guest, request.kernel()), guest.fresh()))
        .toList();
  }

  /**
   * Lends a lab machines.
   *
   * @param lab its name
   * @param wanted the machines
   * @return them, in that order
   * @throws IOException if one does not come up, or other labs keep them too long
   */
  List<G> lend(String lab, List<Wanted> wanted) throws IOException {
    refuseWhatCanNeverBe(lab, wanted);
    List<Boots.Machine<G>> surplus = new ArrayList<>();
    List<Boots.Machine<G>> machines = reserve(lab, wanted, surplus);
    surplus.forEach(Boots.Machine::end);
    List<G> guests = new ArrayList<>();
    try {
      for (Boots.Machine<G> machine : machines) {
        guests.add(machine.await());
      }
      return guests;
    } catch (IOException | RuntimeException e) {
      for (int i = 0; i < machines.size(); i++) {
        // The others came up, or will: they wait for the next lab.
        giveBack(wanted.get(i).kind(), i == guests.size() ? null : machines.get(i));
      }
      throw e;
    }
  }

  /**
   * Begins to boot what a lab will ask for, as far as there is room that nobody uses.
   *
   * @param request the lab
   */
  void prepare(LabRequest request) {
    int begun = 0;
    lock.lock();
    try {
      for (Wanted next : wanted(request)) {
        Kind kind = next.kind();
        boolean there =
            lent.containsKey(kind) || idle.stream().anyMatch(vm -> vm.kind().equals(kind));
        if (!closed && !next.fresh() && !there && isFree(kind) && begun < capacity.boots()) {
          idle.addLast(boots.begin(kind));
          begun++; // the rest may never be asked for: tests may be filtered out
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private boolean isFree(Kind kind) {
    return lentInAll + idle.size() < capacity.guests()
        && lentMib + idleMib() + kind.memoryMib() <= capacity.memoryMib();
  }

  private int idleMib() {
    return idle.stream().mapToInt(vm -> vm.kind().memoryMib()).sum();
  }

  private static int memoryMib(List<Wanted> wanted) {
    return wanted.stream().mapToInt(next -> next.kind().memoryMib()).sum();
  }

  private void refuseWhatCanNeverBe(String lab, List<Wanted> wanted) throws IOException {
    if (wanted.size() > capacity.guests()) {
      throw new IOException(
          lab
              + " asks for "
              + wanted.size()
              + " real guests; at most "
              + capacity.guests()
              + " run at a time. Ask for fewer, or use the simulator.");
    }
    if (memoryMib(wanted) > capacity.memoryMib()) {
      throw new IOException(
          lab
              + " asks for real guests with "
              + memoryMib(wanted)
              + " MiB in all; they may have "
              + capacity.memoryMib()
              + " MiB, half of this machine's memory. Ask for fewer, or for less with"
              + " @Guest(memoryMib = …).");
    }
  }

  /** Reserves a place for each guest and takes those that are idle; the others begin to boot. */
  private List<Boots.Machine<G>> reserve(
      String lab, List<Wanted> wanted, List<Boots.Machine<G>> surplus) throws IOException {
    lock.lock();
    try {
      awaitRoom(lab, wanted);
      List<Boots.@Nullable Machine<G>> found = new ArrayList<>();
      for (Wanted next : wanted) {
        Kind kind = next.kind();
        lent.merge(kind, 1, Integer::sum);
        lentInAll++;
        lentMib += kind.memoryMib();
        found.add(next.fresh() ? null : takeIdle(kind, surplus));
      }
      while (!idle.isEmpty()
          && (lentInAll + idle.size() > capacity.guests()
              || lentMib + idleMib() > capacity.memoryMib())) {
        surplus.add(idle.removeFirst());
      }
      List<Boots.Machine<G>> machines = new ArrayList<>();
      for (int i = 0; i < wanted.size(); i++) {
        Boots.Machine<G> machine = found.get(i);
        machines.add(machine != null ? machine : boots.begin(wanted.get(i).kind()));
      }
      return machines;
    } finally {
      lock.unlock();
    }
  }

  private Boots.@Nullable Machine<G> takeIdle(Kind kind, List<Boots.Machine<G>> surplus) {
    for (Iterator<Boots.Machine<G>> all = idle.iterator(); all.hasNext(); ) {
      Boots.Machine<G> machine = all.next();
      if (machine.kind().equals(kind)) {
        all.remove();
        if (machine.isUsable()) {
          return machine;
        }
        surplus.add(machine); // it died, or did not come up, while nobody looked
      }
    }
    return null;
  }

  private void awaitRoom(String lab, List<Wanted> wanted) throws IOException {
    long leftNanos = waitDeadline.toNanos();
    while (true) {
      if (closed) {
        throw new IOException("The backend is closed: no guest for " + lab + ".");
      }
      if (hasRoom(wanted)) {
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
                + capacity.guests()
                + " are lent, with "
                + lentMib
                + " of at most "
                + capacity.memoryMib()
                + " MiB, at most "
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

  private boolean hasRoom(List<Wanted> wanted) {
    if (lentInAll + wanted.size() > capacity.guests()
        || lentMib + memoryMib(wanted) > capacity.memoryMib()) {
      return false;
    }
    for (Wanted next : wanted) {
      if (lent.getOrDefault(next.kind(), 0) >= MAX_ALIKE) {
        return false;
      }
    }
    return true;
  }

  /**
   * Takes a machine back, or only its place.
   *
   * @param kind what was lent
   * @param vm a clean machine for the next lab, or null if there is none to keep
   */
  void giveBack(Kind kind, @Nullable G vm) {
    giveBack(kind, vm == null ? null : Boots.Machine.thatRuns(vm));
  }

  private void giveBack(Kind kind, Boots.@Nullable Machine<G> machine) {
    boolean keep;
    lock.lock();
    try {
      lent.merge(kind, -1, (a, b) -> a + b == 0 ? null : a + b);
      lentInAll--;
      lentMib -= kind.memoryMib();
      keep = machine != null && !closed && machine.isUsable();
      if (keep && machine != null) {
        idle.addLast(machine);
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    if (!keep && machine != null) {
      machine.end();
    }
  }

  /**
   * Ends all idle machines and those that boot; lent ones end when they come back. Closing again
   * does nothing.
   */
  @Override
  public void close() {
    List<Boots.Machine<G>> rest;
    lock.lock();
    try {
      closed = true;
      rest = new ArrayList<>(idle);
      idle.clear();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    boots.close();
    rest.forEach(Boots.Machine::end);
  }

  static void end(Guest vm) {
    try {
      vm.close();
    } catch (IOException e) {
      LOG.log(System.Logger.Level.WARNING, "A guest did not end cleanly.", e);
    }
  }
}
