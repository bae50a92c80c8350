package dev.vsocklab.sim.engine;

import dev.vsocklab.sim.wire.Header;
import dev.vsocklab.sim.wire.Packet;
import java.math.BigDecimal;
import java.nio.ByteBuffer;

/**
 * All that happened in a deterministic run: a hash of everything, and the last events as text for a
 * person. Two runs of the same choices have the same hash, on every JDK.
 */
final class Trace {
  /** Our choice, a power of two: the end of a run on a few screens. */
  private static final int KEPT = 256;

  private static final long FACTOR = 0x9E3779B97F4A7C15L;

  private final long[] times = new long[KEPT];
  private final String[] whats = new String[KEPT];
  private final Object[] whos = new Object[KEPT];
  private long events;
  private long hash = 1;

  private void mix(long value) {
    long mixed = (hash ^ value) * FACTOR;
    hash = mixed ^ (mixed >>> 32);
  }

  private void keep(long nowNanos, String what, Object who) {
    int slot = (int) events++ & (KEPT - 1);
    times[slot] = nowNanos;
    whats[slot] = what;
    whos[slot] = who;
    mix(nowNanos);
  }

  void packet(long nowNanos, Packet packet) {
    Header header = packet.header();
    keep(nowNanos, "arrives", header);
    mix(header.srcCid());
    mix(header.dstCid());
    mix(pair(header.srcPort(), header.dstPort()));
    mix(pair(header.lengthBytes(), (header.opValue() << 16) | header.type()));
    mix(pair(header.flags(), header.bufAlloc()));
    mix(header.fwdCnt());
    ByteBuffer payload = packet.payload();
    int end = packet.offset() + Math.min(header.lengthBytes(), packet.availableBytes());
    int at = packet.offset();
    for (; at + Long.BYTES <= end; at += Long.BYTES) {
      mix(payload.getLong(at));
    }
    for (; at < end; at++) {
      mix(payload.get(at));
    }
  }

  private static long pair(int high, int low) {
    return ((long) high << 32) | Integer.toUnsignedLong(low);
  }

  /** Something that a name says all about. */
  void event(long nowNanos, String what, String who) {
    keep(nowNanos, what, who);
    mix(what.hashCode()); // which the JDK specifies
    mix(who.hashCode());
  }

  long hash() {
    return hash;
  }

  long events() {
    return events;
  }

  /** The last events, a line each. */
  String text() {
    StringBuilder text = new StringBuilder();
    long first = Math.max(0, events - KEPT);
    if (first > 0) {
      text.append("Last ").append(KEPT).append(" of ").append(events).append(" events.\n");
    }
    for (long i = first; i < events; i++) {
      int slot = (int) i & (KEPT - 1);
      text.append(BigDecimal.valueOf(times[slot], 9).toPlainString()).append("  ");
      text.append(who(whos[slot])).append(' ').append(whats[slot]).append('\n');
    }
    return text.toString();
  }

  private static String who(Object who) {
    return who instanceof Header header
        ? header.op()
            + " "
            + address(header.srcCid(), header.srcPort())
            + " -> "
            + address(header.dstCid(), header.dstPort())
            + (header.lengthBytes() == 0 ? "" : ", " + header.lengthBytes() + " bytes,")
        : who.toString();
  }

  private static String address(long cid, int port) {
    return Long.toUnsignedString(cid) + ":" + Integer.toUnsignedString(port);
  }
}
