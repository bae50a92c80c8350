package dev.vsocklab.qemu;

import dev.vsocklab.qemu.agent.AgentClient;
import dev.vsocklab.qemu.launch.QemuGuest;
import dev.vsocklab.qemu.launch.RunFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;

/** One QEMU and the agent in the kernel that it runs, from power-on to its end. */
final class GuestKernel {
  private static final System.Logger LOG = System.getLogger("dev.vsocklab.qemu");

  /** From power-on to the agent's answer; two to six seconds are usual under TCG. */
  static final Duration BOOT_DEADLINE = Duration.ofSeconds(60);

  /** A restored agent answers in milliseconds; a loaded machine gets more. */
  private static final Duration RESTORE_DEADLINE = Duration.ofSeconds(20);

  private static final Duration RESET_DEADLINE = Duration.ofSeconds(10);
  private static final int CONSOLE_LINES = 20;

  private final QemuGuest guest;
  private final ReentrantLock agentLock = new ReentrantLock();
  private AgentClient agent;

  private GuestKernel(QemuGuest guest, AgentClient agent) {
    this.guest = guest;
    this.agent = agent;
  }

  /**
   * Boots; returns when the agent answers.
   *
   * @param folder the guest's; it belongs to it from now on, even if this fails
   * @throws IOException if it does not come up, with the console's last lines
   */
  static GuestKernel boot(QemuGuest.Config config, RunFolder folder, Duration deadline)
      throws IOException {
    QemuGuest guest = QemuGuest.start(config, folder);
    return greeted(guest, () -> greet(guest, deadline));
  }

  /**
   * Restores a machine that {@link QemuGuest#save} wrote while this agent was greeted and at rest;
   * returns when the agent answers and has been told what time it is.
   *
   * @param folder the guest's; it belongs to it from now on, even if this fails
   * @param state the file
   * @throws IOException if it does not come up, with the console's last lines
   */
  static GuestKernel restore(QemuGuest.Config config, RunFolder folder, Path state)
      throws IOException {
    QemuGuest guest = QemuGuest.restore(config, folder, state);
    return greeted(
        guest,
        () -> {
          AgentClient agent = greet(guest, RESTORE_DEADLINE);
          agent.renew();
          return agent;
        });
  }

  /** Finds the agent of a machine that runs. */
  private interface Greeting {
    AgentClient greet() throws IOException;
  }

  private static GuestKernel greeted(QemuGuest guest, Greeting greeting) throws IOException {
    try {
      return new GuestKernel(guest, greeting.greet());
    } catch (IOException e) {
      try {
        guest.close();
      } catch (IOException atClose) {
        e.addSuppressed(atClose);
      }
      throw e;
    }
  }

  private static AgentClient greet(QemuGuest guest, Duration deadline) throws IOException {
    try {
      return AgentClient.connect(
          guest.agent(),
          guest.toString(),
          () -> guest.console().lastLines(CONSOLE_LINES),
          deadline);
    } catch (IOException e) {
      IOException told = guest.told("did not come up", e);
      throw guest.isRunning() ? e : told; // where QEMU runs, the client's words say it all
    }
  }

  QemuGuest guest() {
    return guest;
  }

  /** The agent of this boot: another one after each {@link #reboot}. */
  AgentClient agent() {
    agentLock.lock();
    try {
      return agent;
    } finally {
      agentLock.unlock();
    }
  }

  /** Presses the reset button and waits until the agent answers again. */
  void reboot() throws IOException {
    agentLock.lock();
    try {
      guest.reset();
      agent.close();
      agent = greet(guest, BOOT_DEADLINE);
      guest.ready();
    } finally {
      agentLock.unlock();
    }
  }

  /**
   * Makes the machine as new for the next lab.
   *
   * @return false if it cannot serve another lab and must be closed
   */
  boolean clean() {
    if (!guest.isRunning()) {
      return false;
    }
    try {
      if (guest.isPaused()) {
        guest.resume();
      }
      agent().reset(RESET_DEADLINE);
      return true;
    } catch (IOException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "{0} did not come back clean from a test and is ended: {1}",
          guest,
          e.getMessage());
      return false;
    }
  }

  /** Ends the machine. Closing again does nothing. */
  void close() throws IOException {
    agent().close();
    guest.close();
  }
}
