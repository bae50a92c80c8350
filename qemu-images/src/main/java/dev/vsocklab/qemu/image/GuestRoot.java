package dev.vsocklab.qemu.image;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * More files for a guest's root: a second archive behind the image's own, which the kernel unpacks
 * over it. So they are there from the first moment, at the price of memory: each once packed, for
 * the boot, and once unpacked.
 */
public final class GuestRoot {
  private GuestRoot() {}

  /**
   * An image with more files.
   *
   * @param image the image, which stays as it is
   * @param files local files by their absolute paths in the guest; links are followed, and who may
   *     execute a file here may there
   * @param initramfs where to write the new archive
   * @return the same kernel with the new archive
   * @throws IOException if a file cannot be read, or the archive not written
   */
  public static GuestImage with(GuestImage image, Map<String, Path> files, Path initramfs)
      throws IOException {
    SortedMap<String, Path> sorted = new TreeMap<>();
    for (Map.Entry<String, Path> file : files.entrySet()) {
      String path = file.getKey();
      if (!path.startsWith("/") || path.endsWith("/")) {
        throw new IllegalArgumentException(
            "A guest's file needs an absolute path, not " + path + ".");
      }
      sorted.put(path.substring(1), file.getValue());
    }
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(initramfs))) {
      Files.copy(image.initramfs(), out);
      out.write(new byte[(int) (-Files.size(image.initramfs()) & 3)]); // archives begin aligned
      try (Cpio cpio = new Cpio(out)) {
        addFolders(cpio, sorted);
        for (Map.Entry<String, Path> file : sorted.entrySet()) {
          int permissions = Files.isExecutable(file.getValue()) ? 0755 : 0644;
          cpio.file(file.getKey(), permissions, Files.readAllBytes(file.getValue()));
        }
      }
    }
    return new GuestImage(image.series(), image.release(), image.kernel(), initramfs);
  }

  private static void addFolders(Cpio cpio, SortedMap<String, Path> files) throws IOException {
    TreeSet<String> folders = new TreeSet<>(); // a parent sorts before its children
    for (String path : files.keySet()) {
      for (int slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1)) {
        folders.add(path.substring(0, slash));
      }
    }
    for (String folder : folders) {
      cpio.folder(folder);
    }
  }
}
