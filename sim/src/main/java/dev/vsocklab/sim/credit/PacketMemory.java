package dev.vsocklab.sim.credit;

import dev.vsocklab.sim.kernel.KernelHabit;
import dev.vsocklab.sim.kernel.KernelProfile;
import dev.vsocklab.sim.wire.Header;

/**
 * How much memory Linux gives a packet. It shows: a small packet is merged into the one before it
 * as long as that has room, and {@code fwd_cnt} moves by whole packets.
 *
 * <p>Source: Linux {@code virtio_vsock_alloc_skb}, {@code __alloc_skb}, {@code
 * kmalloc_size_roundup}; numbers of x86-64 with 4 KiB pages.
 */
final class PacketMemory {
  /** {@code SKB_DATA_ALIGN(sizeof(struct skb_shared_info))}: the tail of every packet's memory. */
  private static final int SHARED_INFO_BYTES = 320;

  /** {@code SMP_CACHE_BYTES}. */
  private static final int CACHE_LINE_BYTES = 64;

  /** {@code SKB_SMALL_HEAD_CACHE_SIZE}. */
  private static final int SMALL_HEAD_BYTES = 640;

  /** {@code PAGE_SIZE << PAGE_ALLOC_COSTLY_ORDER}. */
  private static final int LINEAR_MAX_BYTES = 32 * 1024;

  /** What several packets may be collapsed into ({@code MAX_COLLAPSE_LEN}). */
  static final int COLLAPSE_MAX_BYTES = LINEAR_MAX_BYTES - Header.BYTES - SHARED_INFO_BYTES;

  private PacketMemory() {}

  /**
   * How long a packet's payload may grow where it lies.
   *
   * @param lengthBytes the payload that the memory was asked for
   * @param kernel the kernel
   * @return at least {@code lengthBytes}; 0 where nothing is ever merged into it
   */
  static int capacityBytes(int lengthBytes, KernelProfile kernel) {
    int size = Header.BYTES + lengthBytes;
    if (size > LINEAR_MAX_BYTES - SHARED_INFO_BYTES
        && kernel.has(KernelHabit.LARGE_PACKETS_ARE_PAGED)) {
      return 0;
    }
    int head =
        (size + CACHE_LINE_BYTES - 1) / CACHE_LINE_BYTES * CACHE_LINE_BYTES + SHARED_INFO_BYTES;
    boolean small = head <= SMALL_HEAD_BYTES && kernel.has(KernelHabit.SMALL_PACKETS_HAVE_A_CACHE);
    int allocated = small ? SMALL_HEAD_BYTES : nextPowerOfTwo(head);
    return allocated - SHARED_INFO_BYTES - Header.BYTES;
  }

  private static int nextPowerOfTwo(int bytes) {
    return Integer.highestOneBit(bytes - 1) << 1;
  }
}
