package dev.vsocklab.containers;

import java.util.concurrent.TimeUnit;

/**
 * A JVM with a guest in a container, which prints the guest's folder and waits to be killed. The
 * guest is paused, so that its agent cannot power it off when the JVM is gone.
 */
final class KilledJvm {
  private KilledJvm() {}

  /** Boots the guest. */
  public static void main(String[] arguments) throws Exception {
    try (BootedGuest guest = BootedGuest.boot()) {
      guest.qemu().pause();
      System.out.println(guest.qemu().folder());
      TimeUnit.MINUTES.sleep(5);
    }
  }
}
