package dev.vsocklab.qemu;

import static dev.vsocklab.qemu.testing.Failures.assertSays;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.vsocklab.Errno;
import dev.vsocklab.GuestDevice;
import dev.vsocklab.Machine;
import dev.vsocklab.PortPrivilege;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockSocketOptions;
import dev.vsocklab.qemu.agent.GuestPrograms;
import dev.vsocklab.spi.BackendLab;
import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.KernelSocket;
import dev.vsocklab.spi.KernelSocket.Received;
import dev.vsocklab.spi.LabRequest;
import dev.vsocklab.spi.LabRequest.GuestRequest;
import dev.vsocklab.spi.SocketLayer;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Host and guests as one real kernel, on each kernel series. */
@Tag("qemu")
@Timeout(180)
class LoopbackBackendIT {
  private static final LoopbackBackend BACKEND = LoopbackBackend.inGuests();

  @BeforeAll
  static void skipWithTheReason() {
    for (String kernel : BACKEND.kernels()) {
      Optional<String> why = BACKEND.unavailable(kernel).map(u -> u.message("loopback"));
      assumeTrue(why.isEmpty(), () -> "SKIPPED, nothing was tested: " + why.orElse(""));
    }
  }

  @AfterAll
  static void endKernels() {
    BACKEND.close();
  }

  @Test
  void theBackendIsRegisteredAndNamesItsKernels() throws Exception {
    try (InputStream services =
        LoopbackBackend.class.getResourceAsStream("/META-INF/services/dev.vsocklab.spi.Backend")) {
      String names = new String(services.readAllBytes(), StandardCharsets.UTF_8);
      assertTrue(names.lines().toList().contains(LoopbackBackend.class.getName()), names);
    }
    assertEquals("loopback", BACKEND.name());
    assertEquals(List.of("6.12", "6.1"), BACKEND.kernels());
    assertTrue(BACKEND.describe("6.12").startsWith("loopback, Linux 6.12."));
  }

  @ParameterizedTest
  @ValueSource(strings = {"6.1", "6.12"})
  void cidsOneAndTwoBothLeadToTheKernelItself(String kernel) throws Exception {
    try (BackendLab lab = lab(kernel, new GuestRequest(42, false), new GuestRequest(43, false))) {
      assertEquals(1, lab.host().cid());
      assertEquals(1, lab.guest(42).cid());
      assertEquals("host (loopback)", lab.host().name());
      assertEquals("vm(42) (loopback)", lab.guest(42).name());
      assertEquals(List.of(lab.guest(42), lab.guest(43)), lab.guests());
      assertEquals(1, lab.guest(43).vsock().localCid());
      for (long cid : new long[] {1, 2}) {
        Pair pair = connect(lab.guest(42), lab.host(), VsockAddress.of(cid, 7000 + cid), false);
        assertEquals(4, pair.client.write(bytes("ping"), KernelSocket.FOREVER));
        assertEquals("ping", text(pair.server, 4));
        assertEquals(4, pair.server.write(bytes("pong"), KernelSocket.FOREVER));
        assertEquals("pong", text(pair.client, 4));
      }
      assertErrno(
          Errno.ENODEV,
          () -> sockets(lab.host()).stream().connect(VsockAddress.of(42, 1), KernelSocket.FOREVER));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"6.1", "6.12"})
  void seqpacketHasItsRecordsAndItsCuts(String kernel) throws Exception {
    try (BackendLab lab = lab(kernel, new GuestRequest(42, false))) {
      Pair pair = connect(lab.host(), lab.guest(42), VsockAddress.local(7000), true);
      pair.client.send(bytes("record"), KernelSocket.MSG_EOR, KernelSocket.FOREVER);
      pair.client.send(bytes("longer"), 0, KernelSocket.FOREVER);

      ByteBuffer dst = ByteBuffer.allocate(6);
      assertEquals(
          new Received(6, KernelSocket.MSG_EOR), pair.server.receive(dst, 0, KernelSocket.FOREVER));
      assertEquals(
          new Received(6, KernelSocket.MSG_TRUNC),
          pair.server.receive(
              ByteBuffer.allocate(2), KernelSocket.MSG_TRUNC, KernelSocket.FOREVER));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"6.1", "6.12"})
  void queuedBytesLowWaterAndTimeoutsAreTheKernels(String kernel) throws Exception {
    try (BackendLab lab = lab(kernel, new GuestRequest(42, false))) {
      Pair pair = connect(lab.host(), lab.guest(42), VsockAddress.local(7000), false);
      pair.client.write(bytes("abc"), KernelSocket.FOREVER);
      pair.server.setOption(VsockSocketOptions.RECEIVE_LOW_WATER, 4);
      pair.server.setOption(VsockSocketOptions.RECEIVE_TIMEOUT, Duration.ofMillis(20));

      assertEquals(0, pair.server.poll(KernelSocket.POLLIN, KernelSocket.NO_WAIT));
      assertEquals(
          new Received(3, 0), pair.server.receive(ByteBuffer.allocate(8), 0, KernelSocket.FOREVER));
      assertEquals(
          new Received(KernelSocket.WOULD_BLOCK, 0),
          pair.server.receive(ByteBuffer.allocate(8), 0, KernelSocket.FOREVER));
      if (kernel.equals("6.1")) {
        assertErrno(Errno.EOPNOTSUPP, () -> pair.client.queuedBytes(KernelSocket.Waiting.UNSENT));
      } else {
        assertEquals(0, pair.client.queuedBytes(KernelSocket.Waiting.UNSENT));
      }
    }
  }

  @Test
  void theNextLabGetsTheSameKernelAsNewAndAFreshOneAnother() throws Exception {
    Object first;
    try (BackendLab lab = lab("6.12", new GuestRequest(42, false))) {
      first = programs(lab);
      lab.host().as(PortPrivilege.class).orElseThrow().mayBindPrivilegedPorts(false);
      assertErrno(Errno.EACCES, () -> sockets(lab.host()).stream().bind(VsockAddress.any(1023)));
      sockets(lab.host()).stream().bind(VsockAddress.any(7000));
      assertTrue(lab.guest(42).as(GuestDevice.class).isEmpty());
    }
    try (BackendLab lab = lab("6.12", new GuestRequest(99, false))) {
      assertSame(first, programs(lab));
      sockets(lab.host()).stream().bind(VsockAddress.any(7000));
      sockets(lab.host()).stream().bind(VsockAddress.any(1023));
    }
    try (BackendLab lab = lab("6.12", new GuestRequest(42, true))) {
      assertNotSame(first, programs(lab));
    }
  }

  @Test
  void aReportHasTheConsoleAndTheAgentsLog() throws Exception {
    try (BackendLab lab = lab("6.12", new GuestRequest(42, false))) {
      sockets(lab.host()).stream().bind(VsockAddress.any(7006));
      StringBuilder all = new StringBuilder();
      lab.report().forEach(s -> all.append("== ").append(s.title()).append('\n').append(s.text()));
      assertSays(
          all.toString(),
          "== console of the loopback guest",
          "== agent log of the loopback guest",
          "7006");
    }
  }

  @Test
  void afterItsLabAMachineIsOutOfReach() throws Exception {
    BackendLab lab = lab("6.12", new GuestRequest(42, false));
    Machine guest = lab.guest(42);
    assertThrows(IllegalArgumentException.class, () -> lab.guest(43));
    lab.close();
    lab.close();

    assertThrows(IllegalStateException.class, () -> guest.vsock().openSocketChannel());
    assertThrows(IllegalStateException.class, () -> sockets(guest).stream());
  }

  private record Pair(KernelSocket client, KernelSocket server) {}

  private static Pair connect(Machine from, Machine to, VsockAddress address, boolean seqpacket)
      throws Exception {
    KernelSocket listener = seqpacket ? sockets(to).seqpacket() : sockets(to).stream();
    listener.bind(VsockAddress.any(address.port()));
    listener.listen(1);
    KernelSocket client = seqpacket ? sockets(from).seqpacket() : sockets(from).stream();
    assertTrue(client.connect(address, KernelSocket.FOREVER));
    KernelSocket server = listener.accept(KernelSocket.FOREVER);
    assertNotNull(server);
    return new Pair(client, server);
  }

  private static BackendLab lab(String kernel, GuestRequest... guests) throws Exception {
    return BACKEND.open(new LabRequest("this test", kernel, List.of(guests)));
  }

  private static SocketLayer sockets(Machine machine) {
    return machine.as(SocketLayer.class).orElseThrow();
  }

  private static Object programs(BackendLab lab) {
    return lab.host().as(GuestPrograms.class).orElseThrow();
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static String text(KernelSocket socket, int lengthBytes) throws Exception {
    ByteBuffer dst = ByteBuffer.allocate(lengthBytes);
    while (dst.hasRemaining()) {
      assertTrue(socket.read(dst, KernelSocket.FOREVER) > 0, "the stream ended early");
    }
    return StandardCharsets.US_ASCII.decode(dst.flip()).toString();
  }

  private static void assertErrno(Errno expected, org.junit.jupiter.api.function.Executable call) {
    assertEquals(expected, assertThrows(ErrnoException.class, call).errno());
  }
}
