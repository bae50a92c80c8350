package dev.vsocklab.sim.fault;

import dev.vsocklab.sim.wire.Header;
import dev.vsocklab.sim.wire.Op;
import dev.vsocklab.sim.wire.Packet;

/** A packet on its way, for the rule that takes it. */
final class Passing {
  private final LabFaults faults;
  private final long cid;
  private final Packet packet;
  private final Direction direction;

  Passing(LabFaults faults, long cid, Packet packet) {
    this.faults = faults;
    this.cid = cid;
    this.packet = packet;
    this.direction = Direction.of(packet.header());
  }

  Packet packet() {
    return packet;
  }

  Header header() {
    return packet.header();
  }

  Direction direction() {
    return direction;
  }

  Lane lane() {
    return faults.lane(direction);
  }

  /** Keeps the packet in its place. */
  Lane.Held hold() {
    return lane().hold(cid, packet);
  }

  /** Sends the packet, or another in its place, to where it was going. */
  void sendOn(Packet instead) {
    lane().send(cid, instead);
  }

  /** The same packet with another header. */
  void sendOn(Header header) {
    sendOn(Packet.borrowing(header, packet.payload(), packet.offset()));
  }

  /** Ends the connection, as its sender's kernel would, at both ends. */
  void resetBothEnds() {
    sendOn(Packet.of(resetOf(header())));
    refuse();
  }

  /** Answers with RST. */
  void refuse() {
    Header answer = header().resetInReply();
    faults.lane(direction.back()).send(answer.dstCid(), Packet.of(answer));
  }

  private static Header resetOf(Header header) {
    return new Header(
        header.srcCid(),
        header.dstCid(),
        header.srcPort(),
        header.dstPort(),
        0,
        header.type(),
        Op.RST.wireValue(),
        0,
        0,
        0);
  }
}
