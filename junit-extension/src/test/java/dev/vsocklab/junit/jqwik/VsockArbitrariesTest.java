package dev.vsocklab.junit.jqwik;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.Machine;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.fault.Fault;
import dev.vsocklab.junit.Guest;
import dev.vsocklab.junit.Host;
import dev.vsocklab.junit.VsockTest;
import dev.vsocklab.sim.PacketPeer;
import dev.vsocklab.sim.PacketPeers;
import dev.vsocklab.sim.wire.Decoded;
import dev.vsocklab.sim.wire.Header;
import dev.vsocklab.sim.wire.HeaderCodec;
import dev.vsocklab.sim.wire.Op;
import dev.vsocklab.sim.wire.Packet;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.List;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.domains.Domain;
import net.jqwik.api.domains.DomainContext;

@VsockTest
class VsockArbitrariesTest {
  private static final VsockAddress FROM = VsockAddress.host(6000);
  private static final VsockAddress TO = VsockAddress.of(42, 7000);

  @Property(tries = 300)
  @Domain(VsockDomain.class)
  void addressesAreReadAsTheyArePrinted(@ForAll VsockAddress address) {
    assertEquals(address, VsockAddress.parse(address.toString()));
    assertTrue(address.cid() >= VsockAddress.CID_HOST && address.cid() < VsockAddress.CID_ANY);
  }

  @Property(tries = 300)
  void piecesAreTheWhole(@ForAll @IntRange(min = 1, max = 100_000) int length) {
    List<Integer> pieces = VsockArbitraries.chunkings(length).sample();
    assertEquals(length, pieces.stream().mapToInt(Integer::intValue).sum());
    assertTrue(pieces.stream().allMatch(piece -> piece >= 1), pieces::toString);
    assertTrue(pieces.size() <= 16, pieces::toString);
  }

  @Example
  void nothingCannotBeCut() {
    assertThrows(IllegalArgumentException.class, () -> VsockArbitraries.chunkings(0));
  }

  @Provide
  Arbitrary<List<byte[]>> messages() {
    return VsockArbitraries.messages(5, 2000);
  }

  @Property(tries = 50)
  void messagesArrive(
      @ForAll("messages") List<byte[]> messages, @Host Machine host, @Guest(42) Machine guest)
      throws Exception {
    try (ServerSocketChannel server = host.vsock().openServerSocketChannel();
        SocketChannel agent = guest.vsock().openSocketChannel()) {
      server.bind(VsockAddress.any(7000));
      agent.connect(VsockAddress.host(7000));
      try (SocketChannel accepted = server.accept()) {
        for (byte[] message : messages) {
          agent.write(ByteBuffer.wrap(message));
          ByteBuffer got = ByteBuffer.allocate(message.length);
          while (got.hasRemaining()) {
            accepted.read(got);
          }
          assertArrayEquals(message, got.array());
        }
      }
    }
  }

  @Property(tries = 200)
  @Domain(VsockDomain.class)
  void faultsSayWhatTheyAre(@ForAll Fault fault) {
    assertTrue(fault.toString().contains(": "), fault::toString);
  }

  @Property(tries = 200)
  @Domain(VsockDomain.class)
  @Domain(DomainContext.Global.class)
  void packetsSurviveTheWire(@ForAll Packet packet, @ForAll @IntRange(max = 5) int offset) {
    assertEquals(packet.header().lengthBytes(), packet.availableBytes());
    assertEquals(new Decoded.Valid(packet.header()), overTheWire(packet.header(), offset));
  }

  @Provide
  Arbitrary<Packet> malformed() {
    return VsockArbitraries.malformedPackets(FROM, TO);
  }

  @Property(tries = 200)
  void malformedPacketsHaveOneWrongNumber(@ForAll("malformed") Packet packet) {
    Header header = packet.header();
    assertEquals(new Decoded.Valid(header), overTheWire(header, 0));
    int wrong = 0;
    wrong += header.op() == Op.UNKNOWN || header.op() == Op.INVALID ? 1 : 0;
    wrong += header.type() == Header.TYPE_STREAM ? 0 : 1;
    wrong += (header.flags() & ~Header.SHUTDOWN_BOTH) == 0 ? 0 : 1;
    wrong += header.srcCid() == FROM.cid() ? 0 : 1;
    wrong += header.lengthBytes() == packet.availableBytes() ? 0 : 1;
    assertEquals(1, wrong, header::toString);
  }

  @Property(tries = 100)
  void noMalformedPacketEndsAListener(
      @ForAll("malformed") Packet packet, @Host Machine host, @Guest(42) Machine guest)
      throws Exception {
    try (ServerSocketChannel server = guest.vsock().openServerSocketChannel();
        PacketPeer peer = host.as(PacketPeers.class).orElseThrow().open(FROM.port());
        SocketChannel client = host.vsock().openSocketChannel()) {
      server.bind(VsockAddress.any(TO.port()));
      peer.send(TO.cid(), packet.header(), new byte[packet.availableBytes()]);
      client.connect(TO);
      assertTrue(client.isConnected());
    }
  }

  @Provide
  Arbitrary<byte[]> torn() {
    return VsockArbitraries.tornHeaders();
  }

  @Property(tries = 100)
  void aTornHeaderIsNone(@ForAll("torn") byte[] bytes) {
    assertInstanceOf(Decoded.Malformed.class, HeaderCodec.decode(bytes, 0, bytes.length));
  }

  private static Decoded overTheWire(Header header, int offset) {
    byte[] bytes = new byte[offset + Header.BYTES];
    HeaderCodec.encode(header, bytes, offset);
    return HeaderCodec.decode(bytes, offset, Header.BYTES);
  }
}
