package dev.vsocklab.sim.fault;

import dev.vsocklab.sim.wire.Header;

/** One direction of one connection. */
record Direction(long srcCid, int srcPort, long dstCid, int dstPort) {

  static Direction of(Header header) {
    return new Direction(header.srcCid(), header.srcPort(), header.dstCid(), header.dstPort());
  }

  Direction back() {
    return new Direction(
        /* srcCid= */ dstCid, /* srcPort= */ dstPort, /* dstCid= */ srcCid, /* dstPort= */ srcPort);
  }
}
