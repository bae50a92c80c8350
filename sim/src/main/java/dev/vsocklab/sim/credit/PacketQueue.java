package dev.vsocklab.sim.credit;

import java.util.Arrays;

/** What is known of queued packets besides their bytes, in order: rings of ints that grow. */
final class PacketQueue {
  private int[] lengths = new int[16];
  private int[] capacities = new int[16];
  private int[] flags = new int[16];
  private int head;
  private int size;

  int size() {
    return size;
  }

  boolean isEmpty() {
    return size == 0;
  }

  /**
   * Adds a packet.
   *
   * @param lengthBytes its length
   * @param capacityBytes how long it may grow by merging
   * @param packetFlags the header's
   */
  void addLast(int lengthBytes, int capacityBytes, int packetFlags) {
    if (size == lengths.length) {
      lengths = unrolled(lengths);
      capacities = unrolled(capacities);
      flags = unrolled(flags);
      head = 0;
    }
    int at = index(size);
    lengths[at] = lengthBytes;
    capacities[at] = capacityBytes;
    flags[at] = packetFlags;
    size++;
  }

  private int[] unrolled(int[] ring) {
    int[] larger = Arrays.copyOfRange(ring, head, head + 2 * size);
    System.arraycopy(ring, 0, larger, size - head, head);
    return larger;
  }

  int length(int position) {
    return lengths[index(position)];
  }

  int capacity(int position) {
    return capacities[index(position)];
  }

  int flags(int position) {
    return flags[index(position)];
  }

  /** Merges a packet into the last one. */
  void growLast(int moreBytes, int moreFlags) {
    int at = index(size - 1);
    lengths[at] += moreBytes;
    flags[at] |= moreFlags;
  }

  void removeFirst() {
    head = index(1);
    size--;
  }

  void clear() {
    head = 0;
    size = 0;
  }

  private int index(int position) {
    return (head + position) & (lengths.length - 1);
  }
}
