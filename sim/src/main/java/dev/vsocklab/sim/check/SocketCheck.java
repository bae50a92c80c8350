package dev.vsocklab.sim.check;

import dev.vsocklab.sim.connection.Row;
import dev.vsocklab.sim.stack.Sock;
import dev.vsocklab.sim.stack.SockWatch;
import dev.vsocklab.sim.stack.Surroundings;
import dev.vsocklab.sim.wire.Header;
import dev.vsocklab.sim.wire.Op;
import dev.vsocklab.sim.wire.SocketType;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Judges one socket: what it sends by what it was told, what it hands its user by what it received,
 * and its peer by what that sends. Numbers of its own, not the socket's; under the socket's lock.
 */
final class SocketCheck implements SockWatch {
  private final Checkers checkers;
  private final Sock socket;
  private final List<WaitCheck> places = new ArrayList<>(3);

  /** Payload bytes that this socket sent, received and handed to its user. */
  private long sentBytes;

  private long receivedBytes;
  private long consumedBytes;

  /** Counters begin there, at both ends. */
  private int firstCount;

  /** What the peer said last: its buffer, and what it consumed. */
  private int peerBufAlloc;

  private long peerConsumedBytes;

  /** What this socket said last, and the byte up to which it ever let the peer send. */
  private long toldConsumedBytes;

  private long promisedBytes;

  private int localShutdown;
  private int peerShutdown;
  private boolean sentShutdownOfSending;

  /** The packet that is being dealt with is an RST. */
  private boolean dealsWithReset;

  /** What the peer is to share, if it is a simulated socket; null but for the time of a connect. */
  private Checkers.@Nullable Pair calling;

  /** Null unless the peer is a simulated socket of this lab. */
  private @Nullable ByteStream out;

  private @Nullable ByteStream in;

  SocketCheck(Checkers checkers, Sock socket) {
    this.checkers = checkers;
    this.socket = socket;
  }

  @Override
  public Surroundings.WaitPoint waitPoint(Surroundings.WaitPoint place, Waiter kind) {
    WaitCheck check = new WaitCheck(place, kind);
    places.add(check);
    return check;
  }

  List<WaitCheck> places() {
    return places;
  }

  Sock socket() {
    return socket;
  }

  // ---- what it sends
  // ---------------------------------------------------------------------------

  @Override
  public void sent(Header header, ByteBuffer payload, int offset) {
    Op op = header.op();
    if (op == Op.REQUEST) {
      begin(header);
      calling = checkers.begin(header, hasMessages());
      out = null;
      in = null;
    } else if (op == Op.RESPONSE) {
      checkers.answered(header);
    } else if (op == Op.RST && dealsWithReset) {
      report(Checker.RST, header, "it answered RST with RST");
    }
    checkTold(header);
    if (op == Op.RW) {
      checkSending(header);
      sentBytes += header.lengthBytes();
      if (out != null) {
        out.wrote(payload, offset, header.lengthBytes(), messageFlags(header));
      }
    } else if (op == Op.SHUTDOWN) {
      sentShutdownOfSending |= (header.flags() & Header.SHUTDOWN_SEND) != 0;
    }
    checkShutdown(header);
  }

  private boolean hasMessages() {
    return socket.type() == SocketType.SEQPACKET;
  }

  private int messageFlags(Header header) {
    return hasMessages() ? header.flags() & (Header.SEQ_EOM | Header.SEQ_EOR) : 0;
  }

  /** A connection begins: what was before does not count. */
  private void begin(Header first) {
    sentBytes = 0;
    receivedBytes = 0;
    consumedBytes = 0;
    firstCount = first.fwdCnt();
    peerBufAlloc = 0;
    peerConsumedBytes = 0;
    toldConsumedBytes = 0;
    promisedBytes = 0;
    peerShutdown = 0;
    sentShutdownOfSending = false;
  }

  private void checkTold(Header header) {
    long told = grown(toldConsumedBytes, header.fwdCnt());
    if (told < toldConsumedBytes || told > consumedBytes) {
      report(
          Checker.FWD_CNT,
          header,
          "it tells that "
              + told
              + " bytes were consumed, and told "
              + toldConsumedBytes
              + " before; its user consumed "
              + consumedBytes);
    }
    toldConsumedBytes = told;
    promisedBytes = Math.max(promisedBytes, told + Integer.toUnsignedLong(header.bufAlloc()));
  }

  /** A counter as it grew since it was last seen; smaller if it went back. */
  private long grown(long before, int count) {
    return before + (count - firstCount - (int) before);
  }

  private void checkSending(Header header) {
    long inFlightBytes = sentBytes + header.lengthBytes() - peerConsumedBytes;
    long room = Integer.toUnsignedLong(peerBufAlloc);
    if (header.lengthBytes() > 0 && inFlightBytes > room) {
      report(
          Checker.CREDIT,
          header,
          "it sends "
              + header.lengthBytes()
              + " bytes, which makes "
              + inFlightBytes
              + " in flight, and was told of room for "
              + room);
    }
    if (sentShutdownOfSending) {
      report(Checker.SHUTDOWN, header, "it sends data after it shut that direction down");
    }
  }

  private void checkShutdown(Header header) {
    int local = socket.connection().localShutdown();
    if ((localShutdown & ~local) != 0) {
      report(
          Checker.SHUTDOWN,
          header,
          "of its own directions " + localShutdown + " were shut down, now only " + local + " are");
    }
    localShutdown = local;
    int peer = socket.connection().peerShutdown();
    if ((peerShutdown & ~peer) != 0) {
      report(
          Checker.SHUTDOWN,
          header,
          "the peer shut down " + peerShutdown + ", now only " + peer + " counts");
    }
  }

  // ---- what it receives
  // ------------------------------------------------------------------------

  @Override
  public void accepted(Header request) {
    begin(request);
    peerBufAlloc = request.bufAlloc();
    Checkers.Pair pair = checkers.take(request);
    if (pair != null) {
      in = pair.fromCaller();
      out = pair.toCaller();
    }
  }

  @Override
  public void receives(Row row, Header header) {
    Checkers.Pair pair = calling;
    if (pair != null && header.op() == Op.RESPONSE) {
      calling = null;
      boolean shared = checkers.isTaken(header, pair);
      out = shared ? pair.fromCaller() : null;
      in = shared ? pair.toCaller() : null;
    }
    dealsWithReset = header.op() == Op.RST;
    if (dealsWithReset) {
      return; // made without a socket, its counters say nothing
    }
    long consumed = grown(peerConsumedBytes, header.fwdCnt());
    if (consumed < peerConsumedBytes || consumed > sentBytes) {
      report(
          Checker.FWD_CNT,
          header,
          "the peer tells that it consumed "
              + consumed
              + " bytes, and told "
              + peerConsumedBytes
              + " before; it was sent "
              + sentBytes);
    }
    peerConsumedBytes = consumed;
    peerBufAlloc = header.bufAlloc();
    if (row == Row.ESTABLISHED && header.op() == Op.RW) {
      receivedBytes += Integer.toUnsignedLong(header.lengthBytes());
      checkRoom(header);
    } else if (row == Row.ESTABLISHED && header.op() == Op.SHUTDOWN) {
      peerShutdown |= header.flags() & Header.SHUTDOWN_BOTH;
      checkAllArrived(header);
    }
  }

  private void checkRoom(Header header) {
    if (header.lengthBytes() != 0 && receivedBytes > promisedBytes) {
      report(
          Checker.CREDIT,
          header,
          "the peer sent "
              + receivedBytes
              + " bytes, and was never told of room beyond byte "
              + promisedBytes);
    }
    if (in != null && receivedBytes > in.writtenBytes()) {
      report(
          Checker.CONSERVATION,
          header,
          "it received " + receivedBytes + " bytes, of " + in.writtenBytes() + " that were sent");
    }
  }

  /** Who shuts its sending down sends no more, and everything came before that. */
  private void checkAllArrived(Header header) {
    if ((header.flags() & Header.SHUTDOWN_SEND) != 0
        && in != null
        && receivedBytes != in.writtenBytes()) {
      report(
          Checker.CONSERVATION,
          header,
          "the peer shut its sending down after "
              + in.writtenBytes()
              + " bytes, of which "
              + receivedBytes
              + " arrived");
    }
  }

  @Override
  public void received(Row row, Header header) {
    dealsWithReset = false;
    Row now = socket.connection().row();
    if (row == Row.CONNECTING
        && now == Row.CONNECTING
        && (header.op() == Op.RESPONSE || header.op() == Op.RST)) {
      report(Checker.REQUEST, header, "its connect was answered and goes on waiting");
    }
    checkShutdown(header);
    if (row == Row.ESTABLISHED && header.op() == Op.RW && now == Row.ESTABLISHED) {
      checkStored(header);
    }
  }

  private void checkStored(@Nullable Header header) {
    long stored = socket.connection().storedBytes();
    if (receivedBytes != consumedBytes + stored) {
      report(
          Checker.CONSERVATION,
          header,
          "it received "
              + receivedBytes
              + " bytes, of which "
              + consumedBytes
              + " were consumed and "
              + stored
              + " are in its buffer");
    }
  }

  @Override
  public void consumed(
      ByteBuffer dst, int from, int copiedBytes, int takenBytes, int messageFlags) {
    consumedBytes += takenBytes;
    if (socket.connection().row() == Row.ESTABLISHED) {
      checkStored(null);
    }
    ByteStream stream = in;
    if (stream != null) {
      ByteStream.Flaw flaw = stream.read(dst, from, copiedBytes, takenBytes, messageFlags);
      if (flaw != null) {
        report(flaw.checker(), null, flaw.text());
        in = null; // from here on everything would be wrong
      }
    }
  }

  // ---- its end
  // ---------------------------------------------------------------------------------

  @Override
  public void closed() {
    for (WaitCheck place : places) {
      if (place.sleeps()) {
        report(
            Checker.WAITERS,
            null,
            "it was closed, and "
                + place.waiting()
                + " threads that wait there as "
                + place.kind()
                + " were not woken");
      }
    }
  }

  private void report(Checker checker, @Nullable Header header, String what) {
    checkers.report(checker, socket, header, what);
  }
}
