package dev.vsocklab.qemu.vhostuser;

import dev.vsocklab.linux.FileMapping;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The memory that one chain of descriptors describes, as one run of bytes: first what the device
 * may read, then what it may write. Any shape is fine, also an indirect table at the end; each
 * descriptor is read once and checked before it is used. One object is used for chain after chain.
 *
 * <p>Source: virtio 1.3 section 2.7.5; Linux {@code vhost_get_vq_desc}.
 */
final class DescriptorChain {
  /** Most pieces of memory in one chain; Linux's vhost has the same (UIO_MAXIOV). */
  static final int MAX_SEGMENTS = 1024;

  private static final int LENGTH = 8;
  private static final int FLAGS = 12;
  private static final int NEXT = 14;

  private static final int FLAG_NEXT = 1;
  private static final int FLAG_WRITE = 2;
  private static final int FLAG_INDIRECT = 4;

  /** {@code next} is a u16: nothing beyond is ever reached. */
  private static final int MAX_TABLE_ENTRIES = 65536;

  private final @Nullable MemoryRegion[] regions = new MemoryRegion[MAX_SEGMENTS];
  private final long[] offsets = new long[MAX_SEGMENTS];
  private final long[] lengthsBytes = new long[MAX_SEGMENTS];
  private int segments;
  private int writableDescriptors;
  private int readableDescriptors;
  private long totalBytes;

  /**
   * Reads the chain.
   *
   * @param indirect whether VIRTIO_F_INDIRECT_DESC was negotiated
   */
  void walk(SplitRing ring, int head, boolean indirect) throws DeviceFailure {
    segments = 0;
    writableDescriptors = 0;
    readableDescriptors = 0;
    totalBytes = 0;
    ByteBuffer table = ring.descriptors();
    int index = head;
    for (int steps = 0; steps < ring.size(); steps++) {
      int at = index * SplitRing.DESCRIPTOR_BYTES;
      int flags = table.getShort(at + FLAGS);
      if ((flags & FLAG_INDIRECT) != 0) {
        if (!indirect || (flags & FLAG_NEXT) != 0) {
          throw new DeviceFailure(
              "The guest's descriptor "
                  + index
                  + " on "
                  + ring.name()
                  + (indirect
                      ? " is indirect and has a next one, which virtio forbids."
                      : " is indirect, which was not negotiated."));
        }
        walkIndirect(ring, table.getLong(at), Integer.toUnsignedLong(table.getInt(at + LENGTH)));
        return;
      }
      add(ring, table.getLong(at), Integer.toUnsignedLong(table.getInt(at + LENGTH)), flags);
      if ((flags & FLAG_NEXT) == 0) {
        return;
      }
      index = Short.toUnsignedInt(table.getShort(at + NEXT));
      if (index >= ring.size()) {
        throw outOfTable(ring, index, ring.size());
      }
    }
    throw loop(ring, head);
  }

  private void walkIndirect(SplitRing ring, long address, long tableBytes) throws DeviceFailure {
    if (tableBytes == 0 || tableBytes % SplitRing.DESCRIPTOR_BYTES != 0) {
      throw new DeviceFailure(
          "The guest's indirect table on "
              + ring.name()
              + " has "
              + tableBytes
              + " bytes, not a multiple of 16.");
    }
    MemoryRegion region =
        ring.memory().regionOfGuest(address, tableBytes, "an indirect table on " + ring.name());
    long offset = address - region.guestAddress();
    ByteBuffer window = region.mapping().window(offset);
    int start = FileMapping.indexInWindow(offset);
    int entries = (int) Math.min(tableBytes / SplitRing.DESCRIPTOR_BYTES, MAX_TABLE_ENTRIES);
    int index = 0;
    for (int steps = 0; steps < entries; steps++) {
      int at = start + index * SplitRing.DESCRIPTOR_BYTES;
      int flags = window.getShort(at + FLAGS);
      if ((flags & FLAG_INDIRECT) != 0) {
        throw new DeviceFailure(
            "The guest's indirect table on "
                + ring.name()
                + " holds an indirect descriptor, which virtio forbids.");
      }
      add(ring, window.getLong(at), Integer.toUnsignedLong(window.getInt(at + LENGTH)), flags);
      if ((flags & FLAG_NEXT) == 0) {
        return;
      }
      index = Short.toUnsignedInt(window.getShort(at + NEXT));
      if (index >= entries) {
        throw outOfTable(ring, index, entries);
      }
    }
    throw loop(ring, 0);
  }

  private static DeviceFailure outOfTable(SplitRing ring, int index, int entries) {
    return new DeviceFailure(
        "A descriptor of the guest's on "
            + ring.name()
            + " goes on at "
            + index
            + ", but the table has "
            + entries
            + " entries.");
  }

  private static DeviceFailure loop(SplitRing ring, int head) {
    return new DeviceFailure(
        "The guest's descriptors on "
            + ring.name()
            + " from "
            + head
            + " on go round in a circle.");
  }

  private void add(SplitRing ring, long address, long lengthBytes, int flags) throws DeviceFailure {
    if ((flags & FLAG_WRITE) != 0) {
      writableDescriptors++;
    } else {
      readableDescriptors++;
    }
    if (lengthBytes == 0) {
      return;
    }
    if (segments == MAX_SEGMENTS) {
      throw new DeviceFailure(
          "A chain of the guest's on "
              + ring.name()
              + " has more than "
              + MAX_SEGMENTS
              + " pieces of memory.");
    }
    MemoryRegion region =
        ring.memory().regionOfGuest(address, lengthBytes, "a descriptor on " + ring.name());
    regions[segments] = region;
    offsets[segments] = address - region.guestAddress();
    lengthsBytes[segments] = lengthBytes;
    segments++;
    totalBytes += lengthBytes;
  }

  /** Descriptors that the device may write into, also empty ones. */
  int writableDescriptors() {
    return writableDescriptors;
  }

  /** Descriptors that the device may only read, also empty ones. */
  int readableDescriptors() {
    return readableDescriptors;
  }

  /** Bytes of all descriptors together. */
  long totalBytes() {
    return totalBytes;
  }

  /** Copies bytes of the guest's; they must be there. */
  void read(long from, byte[] target, int count) {
    int done = 0;
    for (int i = 0; done < count; i++) {
      if (from >= lengthsBytes[i]) {
        from -= lengthsBytes[i];
        continue;
      }
      int piece = (int) Math.min(count - done, lengthsBytes[i] - from);
      long offset = offsets[i] + from;
      mapping(i).window(offset).get(FileMapping.indexInWindow(offset), target, done, piece);
      done += piece;
      from = 0;
    }
  }

  /**
   * The bytes themselves, if they lie in one descriptor.
   *
   * @return a buffer over guest memory from index 0 to its limit, or null
   */
  @Nullable ByteBuffer inPlace(long from, int count) {
    for (int i = 0; i < segments; i++) {
      if (from < lengthsBytes[i]) {
        return count <= lengthsBytes[i] - from ? mapping(i).slice(offsets[i] + from, count) : null;
      }
      from -= lengthsBytes[i];
    }
    return null;
  }

  /** Copies a part of a buffer, by absolute index, into the guest's memory; it must fit. */
  void write(long to, ByteBuffer source, int sourceIndex, int count) {
    int done = 0;
    for (int i = 0; done < count; i++) {
      if (to >= lengthsBytes[i]) {
        to -= lengthsBytes[i];
        continue;
      }
      int piece = (int) Math.min(count - done, lengthsBytes[i] - to);
      long offset = offsets[i] + to;
      mapping(i)
          .window(offset)
          .put(FileMapping.indexInWindow(offset), source, sourceIndex + done, piece);
      done += piece;
      to = 0;
    }
  }

  private FileMapping mapping(int segment) {
    MemoryRegion region = regions[segment];
    if (segment >= segments || region == null) {
      throw new IndexOutOfBoundsException("The chain has only " + totalBytes + " bytes.");
    }
    return region.mapping();
  }
}
