package dev.vsocklab.linux;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * Native memory for one call: bytes on their way from or to a buffer of the heap, which the kernel
 * cannot be given, and the header of recvmsg(). A few are kept for the next calls; they belong to
 * no thread, since threads may be many and virtual.
 */
final class CallMemory implements AutoCloseable {
  /** What is kept holds this many bytes: as many as a socket's receive buffer, unless it is set. */
  static final int KEPT_BYTES = 256 * 1024;

  private static final int KEPT_MOST = 16;
  private static final BlockingQueue<CallMemory> KEPT = new ArrayBlockingQueue<>(KEPT_MOST);

  // struct msghdr on LP64: name 8, namelen 4 (+4), iov 8, iovlen 8, control 8, controllen 8,
  // flags 4 (+4); the only struct iovec stands behind it.
  private static final int MSG_IOV = 16;
  private static final int MSG_IOVLEN = 24;
  private static final int MSG_FLAGS = 48;
  private static final int IOVEC = 56;
  private static final int HEADER_BYTES = IOVEC + 16;

  private final ByteBuffer data;
  private final long dataAddress;
  private final ByteBuffer header =
      ByteBuffer.allocateDirect(HEADER_BYTES).order(ByteOrder.nativeOrder());
  private final long headerAddress = addressOf(header);

  private CallMemory(int lengthBytes) {
    data = ByteBuffer.allocateDirect(lengthBytes);
    dataAddress = addressOf(data);
  }

  /**
   * Takes memory that nobody uses.
   *
   * @param lengthBytes how many bytes it must hold; it may hold more
   */
  static CallMemory take(int lengthBytes) {
    if (lengthBytes > KEPT_BYTES) {
      return new CallMemory(lengthBytes);
    }
    CallMemory kept = KEPT.poll();
    return kept != null ? kept : new CallMemory(KEPT_BYTES);
  }

  /** A call into the kernel on some bytes. */
  interface OnBytes {
    /** Its result, or the negative errno. */
    long call(long address);
  }

  /** Makes a call that reads a buffer's next bytes; the position stays. */
  static long from(ByteBuffer src, int lengthBytes, OnBytes call) {
    if (src.isDirect() && lengthBytes > 0) {
      return call.call(addressOf(src));
    }
    try (CallMemory memory = take(lengthBytes)) {
      memory.data.clear().put(0, src, src.position(), lengthBytes);
      return call.call(memory.dataAddress);
    }
  }

  /** Makes a call that writes to a buffer, whose position moves by the result. */
  static long into(ByteBuffer dst, int lengthBytes, OnBytes call) {
    if (dst.isDirect() && lengthBytes > 0) {
      long count = call.call(addressOf(dst));
      dst.position(dst.position() + (int) Math.max(0, count));
      return count;
    }
    try (CallMemory memory = take(lengthBytes)) {
      long count = call.call(memory.dataAddress);
      memory.drain(dst, (int) Math.max(0, count));
      return count;
    }
  }

  /** Where a direct buffer's next byte is. */
  private static long addressOf(ByteBuffer direct) {
    return Pointer.nativeValue(Native.getDirectBufferPointer(direct)) + direct.position();
  }

  /** Copies bytes from here into a buffer, whose position moves. */
  void drain(ByteBuffer to, int lengthBytes) {
    to.put(data.clear().limit(lengthBytes));
  }

  /** The header of a recvmsg() that writes to this memory. */
  ByteBuffer header(int lengthBytes) {
    header.putLong(MSG_IOV, headerAddress + IOVEC);
    header.putLong(MSG_IOVLEN, 1);
    header.putInt(MSG_FLAGS, 0);
    header.putLong(IOVEC, dataAddress);
    header.putLong(IOVEC + Long.BYTES, lengthBytes);
    return header;
  }

  /** The flags that recvmsg() left in the header. */
  int messageFlags() {
    return header.getInt(MSG_FLAGS);
  }

  /** Gives the memory back. */
  @Override
  public void close() {
    if (data.capacity() == KEPT_BYTES) {
      KEPT.offer(this);
    }
  }
}
