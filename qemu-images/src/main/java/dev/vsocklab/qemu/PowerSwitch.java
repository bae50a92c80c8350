package dev.vsocklab.qemu;

import java.io.IOException;

/** What {@link GuestPower} turns: a lab's guest, until the lab is closed. */
interface PowerSwitch {

  /** As {@link GuestPower#reboot}. */
  void reboot() throws IOException;

  /** As {@link GuestPower#pause}. */
  void pause() throws IOException;

  /** As {@link GuestPower#resume}. */
  void resume() throws IOException;

  /** As {@link GuestPower#kill}. */
  void kill() throws IOException;

  /** As {@link GuestPower#expectEnd}. */
  void expectEnd();
}
