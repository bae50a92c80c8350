package dev.vsocklab.qemu.vhostuser;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.linux.EventFd;
import dev.vsocklab.linux.PollSet;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A split ring from the driver's side, with the descriptors in the test's hand. */
final class FakeRing implements AutoCloseable {
  static final int NEXT = 1;
  static final int WRITE = 2;
  static final int INDIRECT = 4;

  private static final VarHandle U16 =
      MethodHandles.byteBufferViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
  private static final int DEADLINE_MILLIS = 10_000;

  /** An element that the device gave back. */
  record Used(int head, int writtenBytes) {}

  final int index;
  final int size;
  final long descriptorsAt;
  final long availAt;
  final long usedAt;
  EventFd kick;
  EventFd call;
  private final ByteBuffer descriptors;
  private final ByteBuffer avail;
  private final ByteBuffer used;
  private short availIdx;
  private short seenUsed;

  /** A ring whose parts lie one after another from a page on. */
  FakeRing(FakeMemory memory, int index, int size, long page) throws IOException {
    this.index = index;
    this.size = size;
    descriptorsAt = page;
    availAt = page + 16L * size;
    usedAt = (availAt + 6 + 2L * size + 3) & -4;
    descriptors = memory.at(descriptorsAt, 16 * size);
    avail = memory.at(availAt, 6 + 2 * size);
    used = memory.at(usedAt, 6 + 8 * size);
    kick = EventFd.create("a fake kick");
    call = EventFd.create("a fake call");
  }

  /** As after a boot, or with all indices at a value near their wrap. */
  void reset(int idx) {
    availIdx = (short) idx;
    seenUsed = (short) idx;
    avail.putInt(0, 0).putShort(2, availIdx);
    used.putInt(0, 0).putShort(2, seenUsed);
    wantSignal();
  }

  void descriptor(int i, long address, int lengthBytes, int flags, int next) {
    write(descriptors, i, address, lengthBytes, flags, next);
  }

  static void write(ByteBuffer table, int i, long address, int lengthBytes, int flags, int next) {
    table.putLong(16 * i, address).putInt(16 * i + 8, lengthBytes);
    table.putShort(16 * i + 12, (short) flags).putShort(16 * i + 14, (short) next);
  }

  /** Puts a head on the avail ring, without a kick. */
  void offer(int head) {
    avail.putShort(4 + 2 * (availIdx & (size - 1)), (short) head);
    availIdx++;
    U16.setVolatile(avail, 2, availIdx);
  }

  /** Moves the avail index without offering anything sensible. */
  void jumpAvail(int by) {
    availIdx += (short) by;
    U16.setVolatile(avail, 2, availIdx);
  }

  void kick() throws IOException {
    kick.signal();
  }

  /** Whether the driver must kick for what it offered since an index, as EVENT_IDX has it. */
  boolean deviceWantsKickSince(int oldAvailIdx) {
    VarHandle.fullFence();
    short event = used.getShort(4 + 8 * size);
    return ((availIdx - event - 1) & 0xffff) < ((availIdx - oldAvailIdx) & 0xffff);
  }

  /** Whether the driver must kick for what it offers, without EVENT_IDX. */
  boolean wantsKickByFlag() {
    VarHandle.fullFence();
    return (used.getShort(0) & 1) == 0;
  }

  int availIdx() {
    return availIdx & 0xffff;
  }

  int availEvent() {
    return used.getShort(4 + 8 * size) & 0xffff;
  }

  int usedFlags() {
    return used.getShort(0);
  }

  void availFlags(int flags) {
    avail.putShort(0, (short) flags);
    VarHandle.fullFence();
  }

  /** Asks for a signal at the next used element. */
  void wantSignal() {
    wantSignalAt(seenUsed);
  }

  void wantSignalAt(int usedEvent) {
    avail.putShort(4 + 2 * size, (short) usedEvent);
    VarHandle.fullFence();
  }

  boolean hasUsed() {
    return (short) U16.getAcquire(used, 2) != seenUsed;
  }

  /** The next element that the device gives back; waits for its signal. */
  Used awaitUsed() throws IOException {
    PollSet set = new PollSet(1);
    set.add(call.fd());
    while (!hasUsed()) {
      wantSignal(); // then look again, or a signal that was not wanted is waited for
      if (hasUsed()) {
        break;
      }
      assertTrue(set.await(DEADLINE_MILLIS), "the device gave nothing back on ring " + index);
      call.drain();
    }
    int entry = 4 + 8 * (seenUsed & (size - 1));
    seenUsed++;
    return new Used(used.getInt(entry), used.getInt(entry + 4));
  }

  @Override
  public void close() {
    kick.close();
    call.close();
  }
}
