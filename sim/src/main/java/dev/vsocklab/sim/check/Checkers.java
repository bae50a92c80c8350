package dev.vsocklab.sim.check;

import dev.vsocklab.VsockAddress;
import dev.vsocklab.sim.capture.PacketLog;
import dev.vsocklab.sim.capture.PacketText;
import dev.vsocklab.sim.connection.Row;
import dev.vsocklab.sim.stack.Sock;
import dev.vsocklab.sim.stack.SockWatch;
import dev.vsocklab.sim.stack.Stack;
import dev.vsocklab.sim.stack.StackWatch;
import dev.vsocklab.sim.wire.Header;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Looks on at the simulated machines of one lab. It needs no configuration and changes nothing:
 * what does not hold is kept, and {@link #verdict} fails the test with it.
 */
public final class Checkers implements StackWatch {
  /** Our choice: what follows the first ones is most often their consequence. */
  private static final int MOST_VIOLATIONS = 20;

  private static final int SHOWN_PACKETS = 10;

  private final PacketLog packets;
  private final Map<Way, Pair> pairs = new ConcurrentHashMap<>();
  private final Set<Way> unanswered = ConcurrentHashMap.newKeySet();
  private final Set<Way> handMade = ConcurrentHashMap.newKeySet();

  private final ReentrantLock lock = new ReentrantLock();
  private final List<Violation> violations = new ArrayList<>();
  private final Set<Checker> excused = EnumSet.noneOf(Checker.class);

  /** Something does not hold and no call failed with it yet. */
  private volatile boolean untold;

  /** A way from a peer to a machine's port; the machine's CID does not count, as in the tables. */
  private record Way(int fromCid, int fromPort, int toPort) {
    static Way there(Header header) {
      return new Way((int) header.srcCid(), header.srcPort(), header.dstPort());
    }

    static Way back(Header header) {
      return new Way((int) header.dstCid(), header.dstPort(), header.srcPort());
    }
  }

  /** Both directions of a connection, if both its sockets are simulated. */
  record Pair(ByteStream fromCaller, ByteStream toCaller) {}

  /**
   * Looks on at a lab.
   *
   * @param packets the lab's last packets, shown with what does not hold
   */
  public Checkers(PacketLog packets) {
    this.packets = packets;
  }

  @Override
  public SockWatch watch(Sock socket) {
    return new SocketCheck(this, socket);
  }

  // ---- connections
  // -----------------------------------------------------------------------------

  /** A socket calls another. */
  Pair begin(Header request, boolean hasMessages) {
    Pair pair = new Pair(new ByteStream(hasMessages), new ByteStream(hasMessages));
    pairs.put(Way.there(request), pair);
    return pair;
  }

  /** The caller has its answer: whether a simulated socket took the other side. */
  boolean isTaken(Header response, Pair pair) {
    return !pairs.remove(Way.back(response), pair);
  }

  /** The called socket takes its side; null if no simulated socket of this lab called. */
  @Nullable Pair take(Header request) {
    return pairs.remove(Way.there(request));
  }

  @Override
  public void requestArrived(Row row, Header header) {
    if (row == Row.LISTENING || row == Row.NO_CONNECTION) {
      unanswered.add(Way.there(header)); // elsewhere it is a duplicate, which gets silence
    }
  }

  /** A RESPONSE was sent. */
  void answered(Header response) {
    unanswered.remove(Way.back(response));
  }

  @Override
  public void resets(Header offender) {
    switch (offender.op()) {
      case RST ->
          add(
              Checker.RST,
              "the packet "
                  + PacketText.describe(offender)
                  + " is answered with RST, without a socket."
                  + lastPackets(Way.there(offender)));
      case REQUEST -> {
        unanswered.remove(Way.there(offender));
        pairs.remove(Way.there(offender));
      }
      case INVALID, RESPONSE, SHUTDOWN, RW, CREDIT_UPDATE, CREDIT_REQUEST, UNKNOWN -> {}
    }
  }

  // ---- whom not to judge
  // -----------------------------------------------------------------------

  @Override
  public void isHandMade(Header header) {
    handMade.add(Way.there(header));
    handMade.add(Way.back(header));
  }

  /**
   * A broken peer is simulated: some checkers judge no more in this lab.
   *
   * @param contradicted which
   */
  public void excuse(Collection<Checker> contradicted) {
    lock.lock();
    try {
      excused.addAll(contradicted);
    } finally {
      lock.unlock();
    }
  }

  private boolean isHandMade(Sock socket) {
    VsockAddress remote = socket.remoteAddress();
    return remote != null
        && handMade.contains(
            new Way((int) remote.cid(), (int) remote.port(), (int) socket.localAddress().port()));
  }

  // ---- what does not hold
  // ----------------------------------------------------------------------

  /** Something does not hold at a socket, whose lock is held. */
  void report(Checker checker, Sock socket, @Nullable Header header, String what) {
    if (!handMade.isEmpty() && isHandMade(socket)) {
      return;
    }
    VsockAddress remote = socket.remoteAddress();
    String where =
        "at "
            + VsockAddress.of(socket.machineCid(), socket.localAddress().port())
            + (remote == null ? "" : ", connected with " + remote);
    String last =
        remote == null
            ? ""
            : lastPackets(
                new Way(
                    (int) remote.cid(), (int) remote.port(), (int) socket.localAddress().port()));
    add(
        checker,
        where
            + ": "
            + what
            + (header == null ? "" : "; the packet is " + PacketText.describe(header))
            + "."
            + last);
  }

  private void add(Checker checker, String text) {
    lock.lock();
    try {
      if (!excused.contains(checker) && violations.size() < MOST_VIOLATIONS) {
        violations.add(new Violation(checker, text));
        untold = violations.size() == 1;
      }
    } finally {
      lock.unlock();
    }
  }

  private String lastPackets(Way way) {
    List<PacketLog.Entry> connection =
        packets.entries().stream()
            .filter(
                entry ->
                    Way.there(entry.header()).equals(way) || Way.back(entry.header()).equals(way))
            .toList();
    int from = Math.max(0, connection.size() - SHOWN_PACKETS);
    return connection.subList(from, connection.size()).stream()
        .map(entry -> "\n    " + PacketText.describe(entry.header()))
        .collect(Collectors.joining("", "\n  The last packets of the connection:", ""));
  }

  @Override
  public void machineEnds(Sock socket) {
    String leftover = socket.leftover();
    if (!leftover.isEmpty()) {
      report(Checker.LEAK, socket, null, "it was closed and is over, but " + leftover);
    }
  }

  /**
   * Looks at who waits on a machine: nobody may wait for what is there.
   *
   * @param stack the machine
   */
  public void checkProgress(Stack stack) {
    for (Sock socket : stack.sockets()) {
      socket.lock();
      try {
        if (socket.watch() instanceof SocketCheck check) {
          checkProgress(check);
        }
      } finally {
        socket.unlock();
      }
    }
  }

  private void checkProgress(SocketCheck check) {
    for (WaitCheck place : check.places()) {
      boolean mayGoOn =
          switch (place.kind()) {
            case READER -> check.socket().hasInput();
            case WRITER -> check.socket().hasOutput();
            case POLLER -> false; // what it polls for is its own business
          };
      if (place.sleeps() && mayGoOn) {
        report(
            Checker.PROGRESS,
            check.socket(),
            null,
            place.waiting()
                + " threads wait there as "
                + place.kind()
                + ", could go on, and were not woken");
      }
    }
  }

  @Override
  public void callBegins() {
    if (untold) {
      untold = false;
      throw new CheckerViolation(violations());
    }
  }

  /**
   * What did not hold so far.
   *
   * @return in the order in which it was seen, at most {@value #MOST_VIOLATIONS}
   */
  public List<Violation> violations() {
    lock.lock();
    try {
      return List.copyOf(violations);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Fails if something did not hold. To be called at the lab's end.
   *
   * @throws CheckerViolation with all that did not hold
   */
  public void verdict() {
    for (Way way : unanswered) {
      add(
          Checker.REQUEST,
          "the REQUEST from "
              + Integer.toUnsignedString(way.fromCid())
              + ":"
              + Integer.toUnsignedString(way.fromPort())
              + " to port "
              + Integer.toUnsignedString(way.toPort())
              + " was neither accepted nor refused."
              + lastPackets(way));
    }
    unanswered.clear();
    List<Violation> all = violations();
    if (!all.isEmpty()) {
      throw new CheckerViolation(all);
    }
  }
}
