package dev.vsocklab.qemu;

import static dev.vsocklab.qemu.testing.Failures.assertSays;
import static dev.vsocklab.qemu.testing.Failures.messageOf;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.qemu.image.GuestImages;
import dev.vsocklab.qemu.vhost.VhostHost;
import dev.vsocklab.spi.BackendLab.ReportSection;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The host end on this kernel, as far as it goes without an AF_VSOCK socket: they are guests'. */
@Timeout(120)
class LocalVhostHostTest {

  @Test
  void itsAgentServesOneLabAfterAnotherAndEndsWithIt() throws IOException {
    Path program = GuestImages.ofThisUser().agentProgram();
    List<ProcessHandle> before = agents(program);
    VhostHost host = LocalVhostHost.startAgent(program);
    try (host) {
      assertEquals(System.getProperty("os.version"), host.agent().kernelRelease());
      assertTrue(host.clean());
      assertTrue(host.isUsable());
      assertEquals(
          List.of("agent log of the host"),
          host.report().stream().map(ReportSection::title).toList());
    }
    assertFalse(host.isUsable());
    assertFalse(host.clean());
    assertEquals(before, agents(program));
  }

  @Test
  void aProgramThatIsNoAgentIsToldAsSuch() {
    assertSays(
        messageOf(IOException.class, () -> LocalVhostHost.startAgent(Path.of("/bin/true"))),
        "ended with status 0 before it connected");
  }

  @Test
  void aCidThatAnotherMachineHasIsNamedWithTheMend() {
    IOException told =
        new IOException(
            "vm(42) cannot be started: QEMU ended with status 1. The console's last lines:\n"
                + "  qemu-system-x86_64: -device vhost-vsock-pci,id=vsock,guest-cid=42:"
                + " vhost-vsock: unable to set guest cid: Address already in use");
    IOException explained = LocalVhostGuest.explained(42, told);
    String message = String.valueOf(explained.getMessage());
    assertSays(message, "CID 42 belongs to another virtual machine of this host.");
    assertSays(message, "-Dvsocklab.vhost=nested");
    assertSame(told, explained.getCause());

    IOException other = new IOException("vm(42) cannot be started: no space");
    assertSame(other, LocalVhostGuest.explained(42, other));
  }

  private static List<ProcessHandle> agents(Path program) {
    return ProcessHandle.current()
        .children()
        .filter(child -> child.info().command().orElse("").equals(program.toString()))
        .toList();
  }
}
