package dev.vsocklab.qemu.launch;

import java.util.List;

/** How QEMU runs the guest's instructions. */
public enum Accelerator {
  /** By the CPU, through {@code /dev/kvm}. */
  KVM("-accel kvm -cpu host"),
  /** By translation: slower, but it runs wherever QEMU does. */
  TCG("-accel tcg -cpu max,la57=off,-erms");

  private final String options;

  Accelerator(String options) {
    this.options = options;
  }

  /**
   * QEMU's options for it. With TCG, five-level page tables only cost time, and so do fast strings
   * (ERMS): for them Linux copies with {@code rep movsb}, which TCG runs byte by byte; without
   * them, words. Measured: 64 KiB writes to a guest's file go twice as fast.
   *
   * @return arguments of its command line
   */
  public List<String> options() {
    return List.of(options.split(" ", -1));
  }
}
