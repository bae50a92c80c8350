package dev.vsocklab.linux;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A Unix stream socket that listens at a path, for a peer that will send file descriptors. The path
 * must be free; it is removed at {@link #close}.
 */
public final class UnixListener implements AutoCloseable {
  /** Longest path in bytes: {@code sun_path} less the final NUL. */
  public static final int MAX_PATH_BYTES = 107;

  private static final int SUN_PATH = 2;
  private static final int SOCKADDR_BYTES = SUN_PATH + MAX_PATH_BYTES + 1;
  private static final int BACKLOG = 1;

  private final Fd fd;
  private final Path path;

  private UnixListener(Fd fd, Path path) {
    this.fd = fd;
    this.path = path;
  }

  /**
   * Listens.
   *
   * @param path where; at most {@link #MAX_PATH_BYTES} bytes, in a folder that exists
   * @return the listener
   * @throws IOException if the path is too long or taken, or the folder cannot be written
   */
  public static UnixListener listen(Path path) throws IOException {
    ByteBuffer address = address(path);
    int number = Libc.socket(Libc.AF_UNIX, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC, 0);
    if (number < 0) {
      throw new LinuxException("socket", "the listener at " + path, Libc.errno());
    }
    Fd fd = Fd.adopt(number, "the listener at " + path);
    try {
      if (Libc.bind(number, address, SOCKADDR_BYTES) != 0) {
        throw new LinuxException("bind", fd.what(), Libc.errno());
      }
      if (Libc.listen(number, BACKLOG) != 0) {
        LinuxException failure = new LinuxException("listen", fd.what(), Libc.errno());
        Files.deleteIfExists(path);
        throw failure;
      }
      return new UnixListener(fd, path);
    } catch (IOException | RuntimeException e) {
      fd.close();
      throw e;
    }
  }

  /** {@code struct sockaddr_un}. */
  private static ByteBuffer address(Path path) throws IOException {
    byte[] name = path.toString().getBytes(StandardCharsets.UTF_8);
    if (name.length > MAX_PATH_BYTES) {
      throw new IOException(
          "A Unix socket's path has at most "
              + MAX_PATH_BYTES
              + " bytes, this one has "
              + name.length
              + ": "
              + path
              + ". Choose a shorter folder.");
    }
    ByteBuffer address = ByteBuffer.allocateDirect(SOCKADDR_BYTES).order(ByteOrder.nativeOrder());
    address.putShort(0, (short) Libc.AF_UNIX);
    address.put(SUN_PATH, name);
    return address;
  }

  /**
   * The descriptor, to wait for a peer.
   *
   * @return the descriptor; still owned by this object
   */
  public Fd fd() {
    return fd;
  }

  /**
   * Takes a peer, and waits for one; {@link PollSet} tells beforehand that one is there.
   *
   * @return the connection, or null if the peer has gone again
   * @throws IOException if the listener is closed, or the process has no descriptors left
   */
  public @Nullable UnixConnection accept() throws IOException {
    int number = fd.acquire();
    try {
      while (true) {
        int accepted = Libc.accept4(number, 0, 0, Libc.SOCK_CLOEXEC);
        if (accepted >= 0) {
          return new UnixConnection(Fd.adopt(accepted, "the connection at " + path));
        }
        int errno = Libc.errno();
        if (errno == Libc.ECONNABORTED) {
          return null;
        }
        if (errno != Libc.EINTR) {
          throw new LinuxException("accept", fd.what(), errno);
        }
      }
    } finally {
      fd.release();
    }
  }

  /**
   * Stops listening and removes the path.
   *
   * @throws IOException if the path cannot be removed
   */
  @Override
  public void close() throws IOException {
    fd.close();
    Files.deleteIfExists(path);
  }
}
