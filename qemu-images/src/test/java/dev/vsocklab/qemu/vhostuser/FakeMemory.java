package dev.vsocklab.qemu.vhostuser;

import dev.vsocklab.linux.Fd;
import dev.vsocklab.linux.FileMapping;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** A guest's memory as the guest sees it: regions of one file, with holes between them. */
final class FakeMemory implements AutoCloseable {
  /** QEMU's address of guest address 0 in region 0; regions lie far apart in QEMU. */
  private static final long USER_BASE = 0x7f00_0000_0000L;

  private static final long USER_GAP = 1L << 40;

  private record Region(long guest, long size, long user, long fileOffset, FileMapping mapping) {}

  private final Fd file;
  private final List<Region> regions = new ArrayList<>();

  private FakeMemory(long fileBytes) {
    file = TestLibc.memFile(fileBytes);
  }

  /** Regions by guest address and size, one after another in one file. */
  static FakeMemory of(long... guestAndSize) throws IOException {
    long fileBytes = 0;
    for (int i = 1; i < guestAndSize.length; i += 2) {
      fileBytes += guestAndSize[i];
    }
    FakeMemory memory = new FakeMemory(fileBytes);
    long at = 0;
    for (int i = 0; i < guestAndSize.length; i += 2) {
      long size = guestAndSize[i + 1];
      memory.regions.add(
          new Region(
              guestAndSize[i],
              size,
              USER_BASE + i * USER_GAP,
              at,
              FileMapping.map(memory.file, at, size)));
      at += size;
    }
    return memory;
  }

  /** The payload of SET_MEM_TABLE. */
  ByteBuffer table() {
    ByteBuffer table = ByteBuffer.allocate(8 + 32 * regions.size()).order(ByteOrder.nativeOrder());
    table.putInt(regions.size()).putInt(0);
    for (Region region : regions) {
      table.putLong(region.guest).putLong(region.size);
      table.putLong(region.user).putLong(region.fileOffset);
    }
    return table.flip();
  }

  /** The descriptors of SET_MEM_TABLE. */
  List<Fd> fds() {
    return regions.stream().map(region -> file).toList();
  }

  long userAddress(long guest) {
    Region region = region(guest);
    return guest - region.guest + region.user;
  }

  private Region region(long guest) {
    return regions.stream()
        .filter(region -> guest >= region.guest && guest - region.guest < region.size)
        .findFirst()
        .orElseThrow();
  }

  /** Little-endian access to bytes of one region. */
  ByteBuffer at(long guest, int lengthBytes) {
    Region region = region(guest);
    return region.mapping.slice(guest - region.guest, lengthBytes);
  }

  @Override
  public void close() {
    regions.forEach(region -> region.mapping.close());
    file.close();
  }
}
