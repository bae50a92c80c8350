package dev.vsocklab.qemu;

import java.io.IOException;

/**
 * The power side of a real guest: a view of it, see {@link dev.vsocklab.Machine#as}.
 *
 * <p>What the other end of a connection sees is what the kernels make of it, not an emulation.
 */
public final class GuestPower {
  private final PowerSwitch guest;

  GuestPower(PowerSwitch guest) {
    this.guest = guest;
  }

  /**
   * Resets the machine, as its reset button does, and waits until the guest is up again.
   *
   * <p>On backend {@code vhost} it is switched off and on instead: QEMU ends, and another one
   * begins with the same CID. There the reset button alone would leave the host's sockets as they
   * are, until they send and the new kernel answers RST; {@code vhost_vsock} resets them when QEMU
   * ends.
   *
   * <p>The guest's kernel gets no chance to say anything. The host end of each connection sees it
   * reset: a blocked or later read gives ECONNRESET ({@link dev.vsocklab.VsockSocketException}), a
   * write EPIPE or ECONNRESET. Sockets that were opened in the guest before are gone: a call on
   * them throws an {@link IOException} that says so. {@code vsock()} opens sockets in the new boot.
   *
   * @throws IOException if the guest does not come up again, with its console's last lines
   * @throws IllegalStateException after the lab was closed
   */
  public void reboot() throws IOException {
    guest.reboot();
  }

  /**
   * Stops the guest's CPU, as a hypervisor's pause or the start of a live migration does.
   *
   * <p>The host end sees a peer that does nothing: connects time out (2 s by default), reads wait,
   * writes go on until the guest's credit is used up. Calls on the guest's own sockets wait too,
   * but not for ever: a guest that leaves a call unanswered for a minute counts as dead.
   *
   * @throws IOException if QEMU is gone
   * @throws IllegalStateException after the lab was closed
   */
  public void pause() throws IOException {
    guest.pause();
  }

  /**
   * Lets a paused guest go on. Its connections go on too: nothing was lost.
   *
   * @throws IOException if QEMU is gone
   * @throws IllegalStateException after the lab was closed
   */
  public void resume() throws IOException {
    guest.resume();
  }

  /**
   * Kills QEMU, as a crash of the hypervisor does; returns when it has ended.
   *
   * <p>The host end sees its connections reset and new connects fail as to a machine that does not
   * exist. Calls on the guest's own sockets throw an {@link IOException} that says so. The guest
   * stays dead for the rest of this lab; the next lab gets another one.
   *
   * @throws IOException if it does not end
   * @throws IllegalStateException after the lab was closed
   */
  public void kill() throws IOException {
    guest.kill();
  }

  /**
   * Says that the guest's end is what this test is about: a panic, or a program that powers it off.
   * Without this, a guest that ends by itself fails its test at once, with its console's last
   * lines, whatever the test is waiting for.
   *
   * @throws IllegalStateException after the lab was closed
   */
  public void expectEnd() {
    guest.expectEnd();
  }
}
