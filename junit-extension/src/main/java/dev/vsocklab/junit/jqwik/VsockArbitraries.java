package dev.vsocklab.junit.jqwik;

import dev.vsocklab.VsockAddress;
import dev.vsocklab.fault.Fault;
import dev.vsocklab.fault.Faults;
import dev.vsocklab.fault.PacketOp;
import dev.vsocklab.sim.wire.Header;
import dev.vsocklab.sim.wire.Op;
import dev.vsocklab.sim.wire.Packet;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import org.apiguardian.api.API;

/** Arbitraries for properties of programs that talk over vsock. */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public final class VsockArbitraries {
  /** A header's numbers are unsigned and 32 bits wide. */
  private static final long MAX_UNSIGNED_32 = 0xFFFF_FFFFL;

  /** What {@link Header#opValue} and {@link Header#type} hold. */
  private static final int MAX_UNSIGNED_16 = 0xFFFF;

  /** Our choice: a sample is read by a person. */
  private static final int MOST_CHUNKS = 16;

  private VsockArbitraries() {}

  // -- Addresses --

  /**
   * CIDs that a guest can have.
   *
   * @return 3 to 4294967294, the ends of that range more often than chance would
   */
  public static Arbitrary<Long> guestCids() {
    return Arbitraries.longs()
        .between(VsockAddress.CID_HOST + 1, VsockAddress.CID_ANY - 1)
        .shrinkTowards(VsockAddress.CID_HOST + 1);
  }

  /**
   * Ports that can be bound and connected to.
   *
   * @return 0 to 4294967294; 4294967295 is no port but means any
   */
  public static Arbitrary<Long> ports() {
    return Arbitraries.longs().between(0, VsockAddress.PORT_ANY - 1);
  }

  /**
   * Addresses of the host and of guests.
   *
   * @return CID 2 as often as all others
   */
  public static Arbitrary<VsockAddress> addresses() {
    Arbitrary<Long> cids = Arbitraries.oneOf(Arbitraries.just(VsockAddress.CID_HOST), guestCids());
    return Combinators.combine(cids, ports()).as(VsockAddress::of);
  }

  // -- Data --

  /**
   * Sequences of messages.
   *
   * @param mostMessages how many at most, 0 or more
   * @param mostBytes how long one is at most, 0 or more
   * @return lists, down to the empty one; empty messages are among them
   */
  public static Arbitrary<List<byte[]>> messages(int mostMessages, int mostBytes) {
    return Arbitraries.bytes()
        .array(byte[].class)
        .ofMaxSize(mostBytes)
        .list()
        .ofMaxSize(mostMessages);
  }

  /**
   * Ways to cut a number of bytes into pieces: for a sender that writes them bit by bit, or a
   * reader whose buffers are of these lengths.
   *
   * @param lengthBytes how many, 1 or more
   * @return the pieces' lengths, each 1 or more, together {@code lengthBytes}; down to a single one
   */
  public static Arbitrary<List<Integer>> chunkings(int lengthBytes) {
    if (lengthBytes < 1) {
      throw new IllegalArgumentException(
          lengthBytes + " bytes cannot be cut into pieces. Give at least 1.");
    }
    if (lengthBytes == 1) {
      return Arbitraries.just(List.of(1));
    }
    return Arbitraries.integers()
        .between(1, lengthBytes - 1)
        .set()
        .ofMaxSize(Math.min(MOST_CHUNKS, lengthBytes) - 1)
        .map(cuts -> pieces(cuts, lengthBytes));
  }

  private static List<Integer> pieces(Set<Integer> cuts, int lengthBytes) {
    List<Integer> pieces = new ArrayList<>();
    int from = 0;
    for (int cut : new TreeSet<>(cuts)) {
      pieces.add(cut - from);
      from = cut;
    }
    pieces.add(lengthBytes - from);
    return List.copyOf(pieces);
  }

  // -- Faults --

  /**
   * Faults that happen to correct programs and after which they can go on: what would stand still
   * until somebody ends it, such as a stalled queue, is not among them.
   *
   * @param guestCid the guest that they happen to, where they happen to one
   * @return faults
   * @see Faults
   */
  public static Arbitrary<Fault> faults(long guestCid) {
    Arbitrary<Integer> bytes = Arbitraries.integers().between(1, 1 << 16);
    Arbitrary<Duration> times = Arbitraries.integers().between(0, 1000).map(Duration::ofMillis);
    Arbitrary<Integer> occasions = Arbitraries.integers().between(0, 8);
    return Arbitraries.oneOf(
        times.map(Faults::delay),
        bytes.map(Faults::shortReads),
        bytes.map(Faults::shortWrites),
        Combinators.combine(bytes, times).as(VsockArbitraries::drippedCredit),
        bytes.map(Faults::countersNearWrap),
        occasions.map(count -> Faults.refused().after(count).times(1)),
        Combinators.combine(Arbitraries.of(PacketOp.values()), occasions)
            .as((op, count) -> Faults.resetAt(op).after(count).times(1)),
        bytes.map(number -> Faults.resetAtByte(number).times(1)),
        Arbitraries.just(Faults.transportReset().on(guestCid)));
  }

  private static Fault drippedCredit(int bytes, Duration every) {
    return Faults.creditDripped(bytes, every.plusMillis(1));
  }

  /**
   * Several faults at once.
   *
   * @param guestCid the guest that they happen to, where they happen to one
   * @param most how many at most, 0 or more
   * @return lists, down to the empty one
   */
  public static Arbitrary<List<Fault>> faultPlans(long guestCid, int most) {
    return faults(guestCid).list().ofMaxSize(most);
  }

  // -- Packets --

  /**
   * Packets as a well-behaved peer makes them, in any order: each by itself is right.
   *
   * @param from the sender
   * @param to the receiver
   * @return packets of streams, of every op that the spec has
   */
  public static Arbitrary<Packet> packets(VsockAddress from, VsockAddress to) {
    Arbitrary<Op> ops =
        Arbitraries.of(
            Op.REQUEST,
            Op.RESPONSE,
            Op.RST,
            Op.SHUTDOWN,
            Op.RW,
            Op.CREDIT_UPDATE,
            Op.CREDIT_REQUEST);
    Arbitrary<Integer> lengths = Arbitraries.integers().between(1, 100);
    Arbitrary<Integer> shutdowns = Arbitraries.integers().between(1, Header.SHUTDOWN_BOTH);
    return Combinators.combine(ops, lengths, shutdowns)
        .as(
            (op, length, shutdown) ->
                packet(
                    header(
                        from,
                        to,
                        op == Op.RW ? length : 0,
                        op.wireValue(),
                        op == Op.SHUTDOWN ? shutdown : 0)));
  }

  /**
   * Packets of which one number is what no well-behaved peer sends: op, type, flags, a CID of more
   * than 32 bits, or a length that the payload does not have.
   *
   * @param from the sender
   * @param to the receiver
   * @return packets
   */
  public static Arbitrary<Packet> malformedPackets(VsockAddress from, VsockAddress to) {
    Header right = header(from, to, 0, Op.RW.wireValue(), 0);
    Arbitrary<Integer> upper32 = Arbitraries.integers().greaterOrEqual(1);
    Arbitrary<Header> headers =
        Arbitraries.oneOf(
            Arbitraries.integers()
                .between(Op.CREDIT_REQUEST.wireValue() + 1, MAX_UNSIGNED_16)
                .map(op -> header(from, to, 0, op, 0)),
            Arbitraries.just(header(from, to, 0, Op.INVALID.wireValue(), 0)),
            Arbitraries.integers()
                .between(Header.TYPE_SEQPACKET + 1, MAX_UNSIGNED_16)
                .map(type -> withType(right, type)),
            Arbitraries.integers()
                .greaterOrEqual(Header.SHUTDOWN_BOTH + 1)
                .map(flags -> header(from, to, 0, Op.SHUTDOWN.wireValue(), flags)),
            upper32.map(upper -> withSrcCid(right, ((long) upper << 32) | from.cid())),
            Arbitraries.longs()
                .between(1, MAX_UNSIGNED_32)
                .map(length -> right.withLengthBytes(length.intValue())));
    return headers.map(Packet::of);
  }

  /**
   * Beginnings of packets, too short to hold a header.
   *
   * @return 0 to 43 bytes
   */
  public static Arbitrary<byte[]> tornHeaders() {
    return Arbitraries.bytes().array(byte[].class).ofMaxSize(Header.BYTES - 1);
  }

  private static Packet packet(Header header) {
    return Packet.owning(header, ByteBuffer.allocate(header.lengthBytes()), 0);
  }

  private static Header header(
      VsockAddress from, VsockAddress to, int lengthBytes, int opValue, int flags) {
    int bufAlloc = 256 * 1024; // Linux's default
    return new Header(
        from.cid(),
        to.cid(),
        (int) from.port(),
        (int) to.port(),
        lengthBytes,
        Header.TYPE_STREAM,
        opValue,
        flags,
        bufAlloc,
        0);
  }

  private static Header withType(Header it, int type) {
    return new Header(
        it.srcCid(),
        it.dstCid(),
        it.srcPort(),
        it.dstPort(),
        it.lengthBytes(),
        type,
        it.opValue(),
        it.flags(),
        it.bufAlloc(),
        it.fwdCnt());
  }

  private static Header withSrcCid(Header it, long srcCid) {
    return new Header(
        srcCid,
        it.dstCid(),
        it.srcPort(),
        it.dstPort(),
        it.lengthBytes(),
        it.type(),
        it.opValue(),
        it.flags(),
        it.bufAlloc(),
        it.fwdCnt());
  }
}
