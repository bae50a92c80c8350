package dev.vsocklab.ci.example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.vsocklab.Machine;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockConnectException;
import dev.vsocklab.junit.Guest;
import dev.vsocklab.junit.Host;
import dev.vsocklab.junit.VsockTest;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The example that {@code ci/demo} runs on the simulator and, unchanged, on real kernels. */
@VsockTest
@Tag("contract")
class InventoryProtocolTest {
  private static final long PORT = 7000;

  @Test
  void aGuestReportsItsPackages(@Host Machine host, @Guest(42) Machine guest) throws Exception {
    try (InventoryServer server = InventoryServer.start(host.vsock(), PORT)) {
      assertEquals("OK 2\n", report(guest, "bash 5.2\nzlib 1.2.13\n"));
      assertEquals(List.of("bash 5.2", "zlib 1.2.13"), server.packages());
    }
  }

  @Test
  void twoGuestsReportToOneHost(@Host Machine host, @Guest(42) Machine one, @Guest(43) Machine two)
      throws Exception {
    try (InventoryServer server = InventoryServer.start(host.vsock(), PORT)) {
      assertEquals("OK 1\n", report(one, "bash 5.2\n"));
      assertEquals("OK 1\n", report(two, "dash 0.5\n"));
      assertEquals(List.of("bash 5.2", "dash 0.5"), server.packages());
    }
  }

  @Test
  void anEmptyReportIsUnderstood(@Host Machine host, @Guest(42) Machine guest) throws Exception {
    try (InventoryServer server = InventoryServer.start(host.vsock(), PORT)) {
      assertEquals("OK 0\n", report(guest, "\n"));
      assertEquals(List.of(), server.packages());
    }
  }

  @Test
  void withoutAServerTheGuestIsRefused(@Guest(42) Machine guest) {
    assertThrows(VsockConnectException.class, () -> report(guest, "bash 5.2\n"));
  }

  /** The production code's guest side would do this. */
  private static String report(Machine guest, String packages) throws IOException {
    try (SocketChannel agent = guest.vsock().openSocketChannel()) {
      agent.connect(VsockAddress.host(PORT));
      agent.write(StandardCharsets.UTF_8.encode(packages));
      agent.shutdownOutput();
      return new String(Channels.newInputStream(agent).readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
