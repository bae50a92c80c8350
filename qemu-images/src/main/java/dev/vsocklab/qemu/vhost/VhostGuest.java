package dev.vsocklab.qemu.vhost;

import dev.vsocklab.qemu.agent.AgentClient;
import java.io.IOException;
import java.util.function.Consumer;

/** A guest of a {@link VhostHost}: what a lab and its power switch want of it. */
public interface VhostGuest {

  /**
   * Its CID.
   *
   * @return 3 to 4294967294
   */
  long cid();

  /**
   * The agent of the kernel that runs now.
   *
   * @return another one after each {@link #powerCycle}
   */
  AgentClient agent();

  /**
   * Stops it.
   *
   * @throws IOException if its QEMU is gone
   */
  void pause() throws IOException;

  /**
   * Lets it go on.
   *
   * @throws IOException if its QEMU is gone
   */
  void resume() throws IOException;

  /**
   * Switches it off and on: its QEMU is killed and another one started, with the same CID. Returns
   * when the new kernel's agent answers.
   *
   * @throws IOException if it does not come up, with the console's last lines
   */
  void powerCycle() throws IOException;

  /**
   * Asks to be told if it ends although nobody ended it through this.
   *
   * @param listener gets a sentence with its last words, from any thread; a later one replaces it
   */
  void whenEnded(Consumer<String> listener);

  /**
   * Kills its QEMU; returns when it has ended.
   *
   * @throws IOException if it does not end
   */
  void kill() throws IOException;
}
