package dev.vsocklab.ci.conformance;

import dev.vsocklab.VsockAddress;
import dev.vsocklab.ci.conformance.End.Role;
import dev.vsocklab.sim.PacketPeer;
import dev.vsocklab.sim.PacketPeers;
import dev.vsocklab.sim.wire.Header;
import dev.vsocklab.sim.wire.Op;
import dev.vsocklab.sim.wire.Packet;
import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.KernelSocket;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A host whose packets are made by hand, and the guest whose kernel gets them. The same packets go
 * to a simulated guest and, through the virtio device, to a real one.
 */
final class HandMade implements AutoCloseable {
  /** What a packet to a port that nobody has is answered with: so it marks the end of a wait. */
  private static final Op FENCE = Op.CREDIT_UPDATE;

  private static final long PORT = 6000;

  /** Longer than the 8 s after which a closed socket gives up. */
  private static final Duration DEADLINE = Duration.ofSeconds(12);

  final PacketPeer peer;
  final End guest;
  private final long fencePort;

  private HandMade(PacketPeer peer, End guest) throws ErrnoException, IOException {
    this.peer = peer;
    this.guest = guest;
    this.fencePort = guest.unusedPort();
  }

  /** Takes the place of the host's sockets at one port. */
  static HandMade host(Ends ends) throws ErrnoException, IOException {
    ends.onlyWithTwoMachines(
        "One kernel that talks to itself: nobody else puts packets on its loopback.");
    ends.onlyIfClientIs(
        Role.GUEST,
        "The packets go from the host to the guest whichever way round: see the other column.");
    PacketPeers peers =
        ends.onlyWith(
            PacketPeers.class,
            ends.server(),
            "The host is a real kernel, too: nobody sends packets for it.");
    return new HandMade(peers.open(PORT), ends.client());
  }

  /** A connection: the guest's socket, and the address that it is reached at. */
  record Connected(KernelSocket socket, VsockAddress address) {}

  /** Connects to a listener of the guest, by hand. */
  Connected connect(KernelSocket listener) throws Exception {
    VsockAddress address = guest.addressOf(listener);
    peer.send(address, Op.REQUEST);
    expect(Op.RESPONSE);
    return new Connected(Ends.accept(listener), address);
  }

  /** A connection whose listener is gone again. */
  Connected connected(SocketType type) throws Exception {
    KernelSocket listener = guest.listener(type, 1);
    VsockAddress address = guest.addressOf(listener);
    Header request = peer.header(address, Op.REQUEST, 0);
    send(type == SocketType.STREAM ? request : seqpacket(request));
    expect(Op.RESPONSE);
    KernelSocket socket = Ends.accept(listener);
    listener.close();
    return new Connected(socket, address);
  }

  /** A socket of the guest whose REQUEST is here and not answered, and the address that it has. */
  Connected connecting() throws Exception {
    KernelSocket socket = guest.stream();
    socket.connect(peer.address(), KernelSocket.NO_WAIT);
    Header request = expect(Op.REQUEST);
    return new Connected(
        socket, VsockAddress.of(request.srcCid(), Integer.toUnsignedLong(request.srcPort())));
  }

  /** The same header, of a SOCK_SEQPACKET connection. */
  static Header seqpacket(Header header) {
    return changed(header, Header.TYPE_SEQPACKET, header.opValue(), header.flags());
  }

  /** The same header with other numbers in it. */
  static Header changed(Header header, int type, int opValue, int flags) {
    return new Header(
        header.srcCid(),
        header.dstCid(),
        header.srcPort(),
        header.dstPort(),
        header.lengthBytes(),
        type,
        opValue,
        flags,
        header.bufAlloc(),
        header.fwdCnt());
  }

  /** The same header with other credit in it. */
  static Header credit(Header header, int bufAlloc, int fwdCnt) {
    return new Header(
        header.srcCid(),
        header.dstCid(),
        header.srcPort(),
        header.dstPort(),
        header.lengthBytes(),
        header.type(),
        header.opValue(),
        header.flags(),
        bufAlloc,
        fwdCnt);
  }

  void send(Header header, byte... payload) {
    peer.send(guest.machine().cid(), header, payload);
  }

  /** The next packet that comes here, which must ask for this. */
  Header expect(Op op) throws InterruptedException {
    Packet packet = peer.receive(DEADLINE);
    if (packet == null || packet.header().op() != op) {
      throw new AssertionError(
          "instead of " + op + " came " + (packet == null ? "nothing" : packet.header()));
    }
    return packet.header();
  }

  /**
   * Everything that came back for what was sent so far, oldest first: packets are answered in
   * order, so one to a port that nobody has comes last.
   */
  List<Header> answers() throws InterruptedException {
    peer.send(guest.at(fencePort), FENCE);
    List<Header> answers = new ArrayList<>();
    while (true) {
      Packet packet = peer.receive(DEADLINE);
      if (packet == null) {
        throw new AssertionError("The guest answers nothing any more; before that " + answers);
      }
      if (Integer.toUnsignedLong(packet.header().srcPort()) == fencePort) {
        return answers;
      }
      answers.add(packet.header());
    }
  }

  /** {@link #answers} in words: the op, and whether a socket's credit is in it. */
  List<String> answersInWords() throws InterruptedException {
    return answers().stream()
        .map(header -> header.op() + (header.bufAlloc() == 0 ? "" : " with credit"))
        .toList();
  }

  @Override
  public void close() {
    peer.close();
  }
}
