package dev.vsocklab.linux;

import com.sun.jna.Pointer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A piece of a file in memory, of any size and shared with every process that maps it: another
 * process's memory, mostly. It is seen through windows, little-endian direct buffers of at most
 * {@link #WINDOW_BYTES}. They overlap by half, so that whatever is at most {@link #SPAN_BYTES} long
 * lies in one window, wherever it begins.
 *
 * <p>Closing gives the memory back at once. Stop those who use the windows first, for what they
 * write later is lost. But it is never a crash: {@link #window} throws from then on, and a window
 * that somebody still holds shows private, empty memory in place of the file until the last such
 * buffer is collected, whereupon the address range is free again.
 *
 * <p>If another process shortens the file, touching what is gone throws {@link InternalError}: that
 * is what the JVM makes of SIGBUS in a buffer.
 */
public final class FileMapping implements AutoCloseable {
  /** Longest window in bytes: 1 GiB. */
  public static final int WINDOW_BYTES = 1 << 30;

  /** Bytes that are surely in the window of their first byte, unless the mapping ends: 512 MiB. */
  public static final int SPAN_BYTES = WINDOW_BYTES / 2;

  private static final int SPAN_SHIFT = Integer.numberOfTrailingZeros(SPAN_BYTES);

  // struct statx, whose layout is the same on every processor.
  private static final int STATX_BYTES = 256;
  private static final int STX_SIZE = 40;
  private static final ByteBuffer EMPTY_PATH = ByteBuffer.allocateDirect(1);

  private static final AtomicInteger OPEN = new AtomicInteger();

  private final long address;
  private final long lengthBytes;
  private final AtomicReference<ByteBuffer @Nullable []> windows;

  private FileMapping(long address, long lengthBytes) {
    this.address = address;
    this.lengthBytes = lengthBytes;
    ByteBuffer[] views = new ByteBuffer[(int) ((lengthBytes + SPAN_BYTES - 1) >>> SPAN_SHIFT)];
    for (int i = 0; i < views.length; i++) {
      long start = (long) i << SPAN_SHIFT;
      views[i] =
          new Pointer(address + start)
              .getByteBuffer(0, Math.min(WINDOW_BYTES, lengthBytes - start))
              .order(ByteOrder.LITTLE_ENDIAN);
    }
    windows = new AtomicReference<>(views);
    OPEN.incrementAndGet();
  }

  /**
   * Maps a piece of a file for reading and writing. The descriptor may be closed afterwards.
   *
   * @param fd the file
   * @param fileOffset where the piece begins, in bytes; a multiple of the page size
   * @param lengthBytes its length, 1 or more
   * @return the mapping
   * @throws IOException if the file ends before the piece does, or the kernel refuses
   */
  public static FileMapping map(Fd fd, long fileOffset, long lengthBytes) throws IOException {
    AbandonedRange.freeCollected();
    if (fileOffset < 0 || lengthBytes <= 0 || fileOffset > Long.MAX_VALUE - lengthBytes) {
      throw new IOException(
          "Cannot map "
              + Long.toUnsignedString(lengthBytes)
              + " bytes at "
              + Long.toUnsignedString(fileOffset)
              + " of "
              + fd.what()
              + ": no file has them.");
    }
    int number = fd.acquire();
    try {
      long fileBytes = sizeBytes(number, fd.what());
      if (fileOffset + lengthBytes > fileBytes) {
        throw new IOException(
            "Cannot map "
                + lengthBytes
                + " bytes at "
                + fileOffset
                + " of "
                + fd.what()
                + ": the file has only "
                + fileBytes
                + " bytes.");
      }
      long address =
          Libc.mmap(
              0,
              lengthBytes,
              Libc.PROT_READ | Libc.PROT_WRITE,
              Libc.MAP_SHARED | Libc.MAP_NORESERVE,
              number,
              fileOffset);
      if (address == Libc.MAP_FAILED) {
        throw new LinuxException("mmap", fd.what(), Libc.errno());
      }
      return new FileMapping(address, lengthBytes);
    } finally {
      fd.release();
    }
  }

  private static long sizeBytes(int fd, String what) throws IOException {
    ByteBuffer result = ByteBuffer.allocateDirect(STATX_BYTES).order(ByteOrder.nativeOrder());
    if (Libc.statx(fd, EMPTY_PATH, Libc.AT_EMPTY_PATH, Libc.STATX_SIZE, result) != 0) {
      throw new LinuxException("statx", what, Libc.errno());
    }
    return result.getLong(STX_SIZE);
  }

  /**
   * Mappings that are not closed, in this JVM.
   *
   * @return 0 or more
   */
  public static int openCount() {
    return OPEN.get();
  }

  /**
   * The length.
   *
   * @return bytes, 1 or more
   */
  public long lengthBytes() {
    return lengthBytes;
  }

  /**
   * The window that holds a byte and, unless the mapping ends, at least {@link #SPAN_BYTES} from
   * there on. It is shared: use absolute indices, and leave position and limit alone.
   *
   * @param offset the byte, 0 to {@link #lengthBytes} - 1
   * @return the little-endian window; the byte is at {@link #indexInWindow} of it
   * @throws IllegalStateException if the mapping is closed
   * @throws IndexOutOfBoundsException if the byte is not in the mapping
   */
  public ByteBuffer window(long offset) {
    ByteBuffer[] views = windows.get();
    if (views == null) {
      throw new IllegalStateException("This mapping of " + lengthBytes + " bytes is closed.");
    }
    if (offset < 0 || offset >= lengthBytes) {
      throw new IndexOutOfBoundsException(
          "Byte " + offset + " is not in a mapping of " + lengthBytes + " bytes.");
    }
    return views[(int) (offset >>> SPAN_SHIFT)];
  }

  /**
   * Where a byte is in its window.
   *
   * @param offset the byte
   * @return its index in {@link #window}
   */
  public static int indexInWindow(long offset) {
    return (int) (offset & (SPAN_BYTES - 1));
  }

  /**
   * A buffer over exactly these bytes.
   *
   * @param offset the first byte
   * @param sliceBytes how many, at most {@link #SPAN_BYTES}
   * @return a little-endian buffer of its own
   * @throws IllegalStateException if the mapping is closed
   * @throws IndexOutOfBoundsException if they are not all in the mapping
   */
  public ByteBuffer slice(long offset, int sliceBytes) {
    return window(offset).slice(indexInWindow(offset), sliceBytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Gives the memory back, once; see above for what happens to buffers. */
  @Override
  public void close() {
    ByteBuffer[] views = windows.getAndSet(null);
    if (views != null) {
      OPEN.decrementAndGet();
      AbandonedRange.abandon(address, lengthBytes, views);
      AbandonedRange.freeCollected();
    }
  }
}
