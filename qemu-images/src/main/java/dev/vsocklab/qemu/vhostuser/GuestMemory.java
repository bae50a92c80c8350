package dev.vsocklab.qemu.vhostuser;

import dev.vsocklab.linux.Fd;
import dev.vsocklab.linux.FileMapping;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The guest's memory as the last SET_MEM_TABLE described it. Every address is looked up here, with
 * its length; what is not wholly in one region ends the device.
 */
final class GuestMemory implements AutoCloseable {
  private static final int HEADER_BYTES = 8;
  private static final int ENTRY_BYTES = 32;
  private static final int MAX_REGIONS = 8;

  private final List<MemoryRegion> regions;

  private GuestMemory(List<MemoryRegion> regions) {
    this.regions = regions;
  }

  /** No memory, as before the first table. */
  static GuestMemory none() {
    return new GuestMemory(List.of());
  }

  /**
   * Maps the regions of a memory table, whose descriptors come along in their order.
   *
   * @param table the message; its descriptors are closed, mapped or not
   */
  static GuestMemory map(Message table) throws DeviceFailure {
    List<MemoryRegion> regions = new ArrayList<>();
    try {
      ByteBuffer payload = table.payload();
      int count = payload.getInt(0);
      if (count < 0
          || count > MAX_REGIONS
          || payload.limit() < HEADER_BYTES + count * ENTRY_BYTES) {
        throw new DeviceFailure(
            "QEMU's memory table says "
                + Integer.toUnsignedString(count)
                + " regions in "
                + payload.limit()
                + " bytes; there are at most "
                + MAX_REGIONS
                + ", of "
                + ENTRY_BYTES
                + " bytes each.");
      }
      if (table.fds().size() != count) {
        throw new DeviceFailure(
            "QEMU's memory table has "
                + count
                + " regions and "
                + table.fds().size()
                + " file descriptors; each region needs one.");
      }
      for (int i = 0; i < count; i++) {
        try (Fd fd = table.takeFd()) {
          regions.add(map(payload, HEADER_BYTES + i * ENTRY_BYTES, fd));
        }
      }
      return new GuestMemory(List.copyOf(regions));
    } catch (DeviceFailure e) {
      regions.forEach(region -> region.mapping().close());
      throw e;
    }
  }

  private static MemoryRegion map(ByteBuffer payload, int at, Fd fd) throws DeviceFailure {
    long guestAddress = payload.getLong(at);
    long sizeBytes = payload.getLong(at + 8);
    long userAddress = payload.getLong(at + 16);
    long fileOffset = payload.getLong(at + 24);
    if (sizeBytes <= 0 || wraps(guestAddress, sizeBytes) || wraps(userAddress, sizeBytes)) {
      throw new DeviceFailure(
          "QEMU's memory table has a region of "
              + Long.toUnsignedString(sizeBytes)
              + " bytes at "
              + hex(guestAddress)
              + ", which does not fit into 64 bits.");
    }
    try {
      return new MemoryRegion(
          guestAddress, userAddress, sizeBytes, FileMapping.map(fd, fileOffset, sizeBytes));
    } catch (IOException e) {
      throw new DeviceFailure(
          "The guest memory at " + hex(guestAddress) + " cannot be mapped: " + e.getMessage(), e);
    }
  }

  private static boolean wraps(long start, long sizeBytes) {
    return Long.compareUnsigned(start + sizeBytes - 1, start) < 0;
  }

  static String hex(long address) {
    return "0x" + Long.toHexString(address);
  }

  /**
   * The region of a guest-physical range.
   *
   * @param what who gave the address, for the failure
   */
  MemoryRegion regionOfGuest(long address, long lengthBytes, String what) throws DeviceFailure {
    for (MemoryRegion region : regions) {
      if (region.holds(address, lengthBytes, region.guestAddress())) {
        return region;
      }
    }
    throw notInMemory(address, lengthBytes, what);
  }

  /**
   * What QEMU calls a guest-physical address.
   *
   * @param what lies there, for the failure
   */
  long userAddress(long guestAddress, String what) throws DeviceFailure {
    MemoryRegion region = regionOfGuest(guestAddress, 1, what);
    return region.userAddress() + (guestAddress - region.guestAddress());
  }

  /** Little-endian access to a part of a ring, which QEMU names by its own address. */
  ByteBuffer ringPart(long userAddress, int lengthBytes, int alignment, String what)
      throws DeviceFailure {
    if (userAddress % alignment != 0) {
      throw new DeviceFailure(
          "QEMU put "
              + what
              + " at "
              + hex(userAddress)
              + ", not a multiple of "
              + alignment
              + ".");
    }
    for (MemoryRegion region : regions) {
      if (region.holds(userAddress, lengthBytes, region.userAddress())) {
        return region.mapping().slice(userAddress - region.userAddress(), lengthBytes);
      }
    }
    throw notInMemory(userAddress, lengthBytes, what);
  }

  private DeviceFailure notInMemory(long address, long lengthBytes, String what) {
    return new DeviceFailure(
        "The memory of "
            + what
            + ", "
            + lengthBytes
            + " bytes at "
            + hex(address)
            + ", is not in one region of the guest's memory ("
            + describe()
            + ").");
  }

  /** The regions in words. */
  String describe() {
    List<String> parts = new ArrayList<>();
    for (MemoryRegion region : regions) {
      parts.add((region.sizeBytes() >> 20) + " MiB at " + hex(region.guestAddress()));
    }
    return parts.isEmpty() ? "none" : String.join(", ", parts);
  }

  @Override
  public void close() {
    regions.forEach(region -> region.mapping().close());
  }
}
