package dev.vsocklab.qemu.image;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Writes a cpio archive as the kernel unpacks it into its first root: format newc, no times and no
 * owners, so that equal inputs give equal bytes.
 *
 * <p>Source: Linux {@code Documentation/driver-api/early-userspace/buffer-format.rst}.
 */
final class Cpio implements AutoCloseable {
  private static final int S_IFDIR = 0x4000;
  private static final int S_IFREG = 0x8000;
  private static final int S_IFCHR = 0x2000;
  private static final String TRAILER = "TRAILER!!!";
  private static final int ALIGN_BYTES = 4;

  private final OutputStream out;
  private int nextInode = 1;

  Cpio(OutputStream out) {
    this.out = out;
  }

  /** Adds a folder; its parent must have been added before. */
  void folder(String path) throws IOException {
    entry(path, S_IFDIR | 0755, new byte[0], 0, 0);
  }

  /**
   * Adds a file.
   *
   * @param path without a leading slash
   * @param permissions for example 0755
   */
  void file(String path, int permissions, byte[] content) throws IOException {
    entry(path, S_IFREG | permissions, content, 0, 0);
  }

  /** Adds a character device that only root may use. */
  void characterDevice(String path, int major, int minor) throws IOException {
    entry(path, S_IFCHR | 0600, new byte[0], major, minor);
  }

  private void entry(String path, int mode, byte[] content, int major, int minor)
      throws IOException {
    byte[] name = path.getBytes(StandardCharsets.UTF_8);
    int inode = path.equals(TRAILER) ? 0 : nextInode++;
    StringBuilder header = new StringBuilder("070701");
    int[] fields = {
      inode, mode, 0, 0, 1, 0, content.length, 0, 0, major, minor, name.length + 1, 0
    };
    for (int field : fields) {
      header.append(String.format("%08x", field));
    }
    out.write(header.toString().getBytes(StandardCharsets.US_ASCII));
    out.write(name);
    out.write(0);
    pad(header.length() + name.length + 1);
    out.write(content);
    pad(content.length);
  }

  private void pad(int written) throws IOException {
    out.write(new byte[-written & (ALIGN_BYTES - 1)]);
  }

  /** Ends the archive. */
  @Override
  public void close() throws IOException {
    entry(TRAILER, 0, new byte[0], 0, 0);
    out.close();
  }
}
