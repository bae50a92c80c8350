package dev.vsocklab.sim.credit;

import java.util.Arrays;

/** Packet lengths in order: a ring of ints that grows. */
final class LengthQueue {
  private int[] ring = new int[16];
  private int head;
  private int size;

  boolean isEmpty() {
    return size == 0;
  }

  void addLast(int lengthBytes) {
    if (size == ring.length) {
      int[] larger = Arrays.copyOfRange(ring, head, head + 2 * size);
      System.arraycopy(ring, 0, larger, size - head, head);
      ring = larger;
      head = 0;
    }
    ring[index(size)] = lengthBytes;
    size++;
  }

  int first() {
    return ring[head];
  }

  int last() {
    return ring[index(size - 1)];
  }

  void growLast(int moreBytes) {
    ring[index(size - 1)] += moreBytes;
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
    return (head + position) & (ring.length - 1);
  }
}
