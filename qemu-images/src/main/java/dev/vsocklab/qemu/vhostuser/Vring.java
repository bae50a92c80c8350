package dev.vsocklab.qemu.vhostuser;

import dev.vsocklab.linux.EventFd;
import org.jspecify.annotations.Nullable;

/** What QEMU has said about one ring. Plain state; {@link Session} gives it meaning. */
final class Vring {
  /** Largest ring of the spec (virtio 1.3 section 2.7). */
  static final int MAX_SIZE = 32768;

  final int index;
  int size;
  boolean hasAddresses;
  long descriptorUserAddress;
  long availUserAddress;
  long usedUserAddress;

  /** Index of the next avail entry to take, modulo 65536. */
  int base;

  /** What GET_VRING_BASE last answered, until QEMU sets a base again; -1 if nothing. */
  int reportedBase = -1;

  boolean enabled;
  @Nullable EventFd kick;
  @Nullable EventFd call;

  Vring(int index) {
    this.index = index;
  }

  /** Whether everything is there that a running ring needs. */
  boolean isRunnable() {
    return enabled && kick != null && hasAddresses && size > 0;
  }

  void setKick(@Nullable EventFd newKick) {
    EventFd old = kick;
    kick = newKick;
    if (old != null) {
      old.close();
    }
  }

  void setCall(@Nullable EventFd newCall) {
    EventFd old = call;
    call = newCall;
    if (old != null) {
      old.close();
    }
  }
}
