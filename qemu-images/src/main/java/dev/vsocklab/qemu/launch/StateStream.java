package dev.vsocklab.qemu.launch;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;

/**
 * The state of a stopped machine on its way between QEMU, which migrates over a Unix socket, and a
 * file that only this JVM touches. So QEMU may be in a container that does not see the file, and a
 * full disk is told in the words of this machine.
 */
final class StateStream {
  /** How long QEMU may neither give nor take a byte. */
  private static final Duration STALL_DEADLINE = Duration.ofSeconds(20);

  private static final int CHUNK_BYTES = 1 << 20;

  private StateStream() {}

  /**
   * Writes what QEMU gives until it hangs up.
   *
   * @param qemu connected; becomes non-blocking
   * @param file created; must not exist
   */
  static void save(SocketChannel qemu, Path file) throws IOException {
    qemu.configureBlocking(false);
    ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
    try (Selector selector = Selector.open();
        FileChannel out =
            FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      qemu.register(selector, SelectionKey.OP_READ);
      for (int bytes = qemu.read(chunk); bytes >= 0; bytes = qemu.read(chunk)) {
        if (bytes == 0) {
          await(selector, "gave");
          continue;
        }
        chunk.flip();
        while (chunk.hasRemaining()) {
          out.write(chunk);
        }
        chunk.clear();
      }
    }
  }

  /**
   * Gives QEMU a whole file, and hangs up.
   *
   * @param file what {@link #save} wrote
   * @param qemu connected; becomes non-blocking
   */
  static void load(Path file, SocketChannel qemu) throws IOException {
    qemu.configureBlocking(false);
    try (Selector selector = Selector.open();
        FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
      qemu.register(selector, SelectionKey.OP_WRITE);
      long lengthBytes = in.size();
      for (long at = 0; at < lengthBytes; ) {
        long bytes = in.transferTo(at, lengthBytes - at, qemu);
        at += bytes;
        if (bytes == 0) {
          if (in.size() < lengthBytes) {
            throw new EOFException(file + " became shorter while it was read.");
          }
          await(selector, "took");
        }
      }
      qemu.shutdownOutput();
    }
  }

  private static void await(Selector selector, String did) throws IOException {
    if (selector.select(STALL_DEADLINE.toMillis()) == 0) {
      throw new IOException(
          Thread.currentThread().isInterrupted()
              ? "Interrupted while QEMU " + did + " the machine's state."
              : "QEMU "
                  + did
                  + " nothing of the machine's state for "
                  + STALL_DEADLINE.toSeconds()
                  + " s.");
    }
    selector.selectedKeys().clear();
  }
}
