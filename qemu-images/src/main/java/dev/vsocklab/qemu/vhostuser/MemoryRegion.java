package dev.vsocklab.qemu.vhostuser;

import dev.vsocklab.linux.FileMapping;

/**
 * A piece of guest memory that is contiguous for the guest, for QEMU and for us.
 *
 * @param guestAddress where the guest has it
 * @param userAddress where QEMU has it, which is how QEMU names rings
 * @param sizeBytes its length
 * @param mapping where we have it; as long
 */
record MemoryRegion(long guestAddress, long userAddress, long sizeBytes, FileMapping mapping) {

  /** Whether the range lies in a region of this size that begins at an address; all unsigned. */
  boolean holds(long address, long lengthBytes, long start) {
    long offset = address - start; // wraps below the start, to more than any size
    return Long.compareUnsigned(offset, sizeBytes) < 0 && lengthBytes <= sizeBytes - offset;
  }
}
