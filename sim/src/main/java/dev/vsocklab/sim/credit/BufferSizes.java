package dev.vsocklab.sim.credit;

/**
 * SO_VM_SOCKETS_BUFFER_SIZE with its bounds, all unsigned 64-bit numbers. Immutable; a listener's
 * children inherit it.
 *
 * <p>Source: Linux {@code vsock_update_buffer_size}: the size is clamped up to the minimum first,
 * then down to the maximum, silently; a minimum above the maximum is not rejected.
 *
 * @param sizeBytes the receive buffer
 * @param minBytes the least size
 * @param maxBytes the largest size
 */
public record BufferSizes(long sizeBytes, long minBytes, long maxBytes) {

  /** What a new socket has: 256 KiB, at least 128 B, at most 256 KiB. */
  public static final BufferSizes DEFAULT = new BufferSizes(256 * 1024, 128, 256 * 1024);

  /** The largest {@code buf_alloc} that the 32-bit header field carries. */
  private static final long TRANSPORT_MAX_BYTES = 0xFFFF_FFFFL;

  /**
   * Sets the size.
   *
   * @param bytes the wish
   * @return the sizes after the clamps
   */
  public BufferSizes withSize(long bytes) {
    return clamped(bytes, minBytes, maxBytes);
  }

  /**
   * Sets the minimum.
   *
   * @param bytes the minimum
   * @return the sizes after the clamps
   */
  public BufferSizes withMin(long bytes) {
    return clamped(sizeBytes, bytes, maxBytes);
  }

  /**
   * Sets the maximum.
   *
   * @param bytes the maximum
   * @return the sizes after the clamps
   */
  public BufferSizes withMax(long bytes) {
    return clamped(sizeBytes, minBytes, bytes);
  }

  /**
   * These sizes as a transport can announce them.
   *
   * @return the sizes, with at most 2^32 - 1 bytes
   */
  public BufferSizes announceable() {
    return new BufferSizes(unsignedMin(sizeBytes, TRANSPORT_MAX_BYTES), minBytes, maxBytes);
  }

  /**
   * The size that packets announce.
   *
   * @return {@code buf_alloc}, unsigned
   */
  public int bufAlloc() {
    return (int) unsignedMin(sizeBytes, TRANSPORT_MAX_BYTES);
  }

  private static BufferSizes clamped(long size, long min, long max) {
    long raised = Long.compareUnsigned(size, min) < 0 ? min : size;
    return new BufferSizes(unsignedMin(raised, max), min, max);
  }

  private static long unsignedMin(long a, long b) {
    return Long.compareUnsigned(a, b) < 0 ? a : b;
  }
}
