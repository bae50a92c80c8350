package dev.vsocklab.linux;

import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Addresses that must stay valid while a forgotten buffer points at them. The file there is
 * replaced by private memory at once, in one step (MAP_FIXED), and the range is unmapped when the
 * last buffer is collected. There is no thread for that: every map and unmap looks.
 */
final class AbandonedRange {
  private static final ReferenceQueue<ByteBuffer> COLLECTED = new ReferenceQueue<>();
  private static final Set<BufferReference> REFERENCES = ConcurrentHashMap.newKeySet();

  private final long address;
  private final long lengthBytes;
  private final AtomicInteger buffersLeft;

  private AbandonedRange(long address, long lengthBytes, int buffers) {
    this.address = address;
    this.lengthBytes = lengthBytes;
    this.buffersLeft = new AtomicInteger(buffers);
  }

  /** A buffer's slices keep it reachable, so its collection says that they are gone, too. */
  private static final class BufferReference extends PhantomReference<ByteBuffer> {
    private final AbandonedRange range;

    BufferReference(ByteBuffer buffer, AbandonedRange range) {
      super(buffer, COLLECTED);
      this.range = range;
    }
  }

  static void abandon(long address, long lengthBytes, ByteBuffer[] buffers) {
    // If the kernel refuses, the file stays mapped until the buffers are collected: late, but safe.
    Libc.mmap(
        address,
        lengthBytes,
        Libc.PROT_READ | Libc.PROT_WRITE,
        Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS | Libc.MAP_NORESERVE | Libc.MAP_FIXED,
        -1,
        0);
    AbandonedRange range = new AbandonedRange(address, lengthBytes, buffers.length);
    for (ByteBuffer buffer : buffers) {
      REFERENCES.add(new BufferReference(buffer, range));
    }
  }

  /** Buffers of closed mappings that somebody may still hold. */
  static int waitingCount() {
    return REFERENCES.size();
  }

  static void freeCollected() {
    while (COLLECTED.poll() instanceof BufferReference gone) {
      REFERENCES.remove(gone);
      if (gone.range.buffersLeft.decrementAndGet() == 0) {
        Libc.munmap(gone.range.address, gone.range.lengthBytes);
      }
    }
  }
}
