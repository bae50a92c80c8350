package dev.vsocklab.qemu.vhost;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** The hosts that run between labs, each lent to one lab at a time with all its guests. */
public final class VhostPool implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("dev.vsocklab.qemu.vhost");

  /** Hosts in all; a nested one has two GiB of memory. */
  public static final int MAX_HOSTS = 2;

  private final Opener opener;
  private final Duration waitDeadline;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Deque<Idle> idle = new ArrayDeque<>(); // longest unused first
  private int lent;
  private boolean closed;

  /**
   * Creates an empty pool.
   *
   * @param opener starts hosts
   * @param waitDeadline how long a lab waits for others to give theirs back
   */
  public VhostPool(Opener opener, Duration waitDeadline) {
    this.opener = opener;
    this.waitDeadline = waitDeadline;
  }

  /**
   * What makes two hosts interchangeable.
   *
   * @param series the kernel series
   * @param cids the guests' CIDs
   */
  public record Kind(String series, List<Long> cids) {
    /**
     * Keeps a copy of the CIDs.
     *
     * @param series the kernel series
     * @param cids the guests' CIDs
     */
    public Kind {
      cids = List.copyOf(cids);
    }
  }

  /** Starts a host. */
  public interface Opener {
    /**
     * Starts it, as new.
     *
     * @param kind which
     * @return the host, with its guests
     * @throws IOException if it does not come up
     */
    VhostHost open(Kind kind) throws IOException;
  }

  private record Idle(Kind kind, VhostHost host) {}

  /** Whether a lab takes a host that another lab had. */
  public enum Freshness {
    /** It does: the host is as new. */
    AS_NEW,
    /** It wants one that was started for it alone. */
    STARTED_ANEW
  }

  /**
   * Lends a lab its host; at most {@value #MAX_HOSTS} at a time.
   *
   * @param lab its name
   * @param kind which host
   * @param freshness whether it may be an idle one
   * @return the host
   * @throws IOException if it does not come up, or other labs keep theirs too long
   */
  public VhostHost lend(String lab, Kind kind, Freshness freshness) throws IOException {
    List<VhostHost> surplus = new ArrayList<>();
    Optional<VhostHost> found = reserve(lab, kind, freshness, surplus);
    surplus.forEach(VhostPool::end);
    if (found.isPresent()) {
      return found.get();
    }
    try {
      return opener.open(kind);
    } catch (IOException | RuntimeException e) {
      giveUpPlace();
      throw e;
    }
  }

  /** Reserves a place and takes an idle host if there is one; what has to make room is surplus. */
  private Optional<VhostHost> reserve(
      String lab, Kind kind, Freshness freshness, List<VhostHost> surplus) throws IOException {
    lock.lock();
    try {
      awaitPlace(lab);
      lent++;
      Optional<VhostHost> found =
          freshness == Freshness.AS_NEW ? takeIdle(kind, surplus) : Optional.empty();
      while (lent + idle.size() > MAX_HOSTS) {
        surplus.add(idle.removeFirst().host());
      }
      return found;
    } finally {
      lock.unlock();
    }
  }

  private Optional<VhostHost> takeIdle(Kind kind, List<VhostHost> surplus) {
    for (Iterator<Idle> all = idle.iterator(); all.hasNext(); ) {
      Idle next = all.next();
      if (next.kind().equals(kind)) {
        all.remove();
        if (next.host().isUsable()) {
          return Optional.of(next.host());
        }
        surplus.add(next.host()); // it died while nobody looked
      }
    }
    return Optional.empty();
  }

  private void awaitPlace(String lab) throws IOException {
    long leftNanos = waitDeadline.toNanos();
    while (true) {
      if (closed) {
        throw new IOException("The backend is closed: no host for " + lab + ".");
      }
      if (lent < MAX_HOSTS) {
        return;
      }
      if (leftNanos <= 0) {
        throw new IOException(
            lab
                + " waited "
                + waitDeadline.toSeconds()
                + " s for a vhost host; other tests have all "
                + MAX_HOSTS
                + ". Run fewer tests in parallel.");
      }
      try {
        leftNanos = changed.awaitNanos(leftNanos);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("Interrupted while " + lab + " waited for a vhost host.", e);
      }
    }
  }

  /**
   * Takes a host back that is as new.
   *
   * @param kind what it was lent as
   * @param host the host
   */
  public void giveBack(Kind kind, VhostHost host) {
    boolean keep;
    lock.lock();
    try {
      lent--;
      keep = !closed && host.isUsable();
      if (keep) {
        idle.addLast(new Idle(kind, host));
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    if (!keep) {
      end(host);
    }
  }

  /**
   * Ends a host that cannot serve another lab, and takes its place back.
   *
   * @param host the host
   */
  public void discard(VhostHost host) {
    end(host);
    giveUpPlace();
  }

  private void giveUpPlace() {
    lock.lock();
    try {
      lent--;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Ends all idle hosts; lent ones end when they come back. Closing again does nothing. */
  @Override
  public void close() {
    List<Idle> rest;
    lock.lock();
    try {
      closed = true;
      rest = List.copyOf(idle);
      idle.clear();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    rest.forEach(each -> end(each.host()));
  }

  private static void end(VhostHost host) {
    try {
      host.close();
    } catch (IOException e) {
      LOG.log(System.Logger.Level.WARNING, "A vhost host did not end cleanly.", e);
    }
  }
}
