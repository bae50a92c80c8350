package dev.vsocklab.sim.engine;

import dev.vsocklab.sim.wire.Packet;
import java.util.ArrayDeque;
import java.util.function.Consumer;

/**
 * The packets that one machine sent to one CID and that did not arrive yet, in order: a virtqueue
 * of a deterministic run.
 */
final class Link extends Candidate {
  final Consumer<Packet> way;
  final long toCid;
  private final ArrayDeque<Packet> inFlight = new ArrayDeque<>();
  private final String label;

  Link(Consumer<Packet> way, long fromCid, long toCid) {
    this.way = way;
    this.toCid = toCid;
    this.label = fromCid + " -> " + toCid;
  }

  void send(Packet packet) {
    inFlight.addLast(packet.owned());
  }

  boolean isIdle() {
    return inFlight.isEmpty();
  }

  Packet next() {
    return inFlight.removeFirst();
  }

  int lengthPackets() {
    return inFlight.size();
  }

  @Override
  String label() {
    return label;
  }
}
