package dev.vsocklab.sim.capture;

import dev.vsocklab.sim.wire.Header;
import dev.vsocklab.sim.wire.Op;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Packets as a ladder: a column for each machine, an arrow for each packet from its sender to its
 * receiver.
 *
 * <pre>
 *                    2                                   42
 *    0.000003000     |<------ REQUEST 1024>7000 ---------|
 *    0.000004000     |------- RESPONSE 7000>1024 ------->|
 * </pre>
 */
final class PacketLadder {
  /** Room for the longest usual label between two columns. */
  private static final int COLUMN_CHARS = 44;

  private static final int TIME_CHARS = 16;

  private final List<Long> cids;

  private PacketLadder(List<Long> cids) {
    this.cids = cids;
  }

  static String of(List<PacketLog.Entry> entries, long seenPackets) {
    if (entries.isEmpty()) {
      return "No packets.\n";
    }
    SortedSet<Long> cids = new TreeSet<>();
    for (PacketLog.Entry entry : entries) {
      cids.add(entry.header().srcCid());
      cids.add(entry.header().dstCid());
    }
    PacketLadder ladder = new PacketLadder(new ArrayList<>(cids));
    StringBuilder text = new StringBuilder();
    if (entries.size() < seenPackets) {
      text.append("Last ").append(entries.size()).append(" of ").append(seenPackets);
      text.append(" packets.\n");
    }
    ladder.appendTitles(text);
    for (PacketLog.Entry entry : entries) {
      ladder.appendRung(text, entry);
    }
    return text.toString();
  }

  private int columnOf(long cid) {
    return TIME_CHARS + cids.indexOf(cid) * COLUMN_CHARS;
  }

  private void appendTitles(StringBuilder text) {
    int lineStart = text.length();
    for (long cid : cids) {
      pad(text, lineStart + columnOf(cid));
      text.append("cid ").append(Long.toUnsignedString(cid));
    }
    text.append('\n');
  }

  private void appendRung(StringBuilder text, PacketLog.Entry entry) {
    Header header = entry.header();
    int from = columnOf(header.srcCid());
    int to = columnOf(header.dstCid());
    char[] line = " ".repeat(columnOf(cids.get(cids.size() - 1)) + 1).toCharArray();
    for (long cid : cids) {
      line[columnOf(cid)] = '|';
    }
    String label = label(header);
    if (from == to) {
      label = "(to itself) " + label; // loopback
    } else {
      int left = Math.min(from, to);
      int right = Math.max(from, to);
      Arrays.fill(line, left + 1, right, '-');
      line[from < to ? right - 1 : left + 1] = from < to ? '>' : '<';
    }
    String time = BigDecimal.valueOf(entry.timeNanos(), 9).toPlainString();
    place(line, 0, time);
    place(line, Math.min(from, to) + 4, " " + label + " ");
    text.append(new String(line).stripTrailing());
    if (from == to && Math.min(from, to) + 4 + label.length() > line.length) {
      text.append("  ").append(label);
    }
    text.append('\n');
  }

  private static void place(char[] line, int at, String words) {
    for (int i = 0; i < words.length() && at + i < line.length; i++) {
      line[at + i] = words.charAt(i);
    }
  }

  private static void pad(StringBuilder text, int upTo) {
    while (text.length() < upTo) {
      text.append(' ');
    }
  }

  private static String label(Header header) {
    String op = header.op() == Op.UNKNOWN ? "op=" + header.opValue() : header.op().name();
    String ports =
        Integer.toUnsignedString(header.srcPort())
            + ">"
            + Integer.toUnsignedString(header.dstPort());
    return header.lengthBytes() == 0
        ? op + " " + ports
        : op + " " + Integer.toUnsignedString(header.lengthBytes()) + " bytes " + ports;
  }
}
