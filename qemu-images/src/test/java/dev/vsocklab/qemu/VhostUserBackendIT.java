package dev.vsocklab.qemu;

import static dev.vsocklab.qemu.testing.Failures.assertSays;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
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
import dev.vsocklab.VsockConnectException;
import dev.vsocklab.VsockSocketOptions;
import dev.vsocklab.spi.BackendLab;
import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.KernelSocket;
import dev.vsocklab.spi.LabRequest;
import dev.vsocklab.spi.LabRequest.GuestRequest;
import dev.vsocklab.spi.SocketLayer;
import java.io.IOException;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The whole chain with real kernels: QEMU, agent, device, simulator. */
@Tag("qemu")
@Timeout(180)
class VhostUserBackendIT {
  private static final VhostUserBackend BACKEND = new VhostUserBackend();

  @BeforeAll
  static void skipWithTheReason() {
    for (String kernel : BACKEND.kernels()) {
      Optional<String> why = BACKEND.unavailable(kernel).map(u -> u.message("vhost-user"));
      assumeTrue(why.isEmpty(), () -> "SKIPPED, nothing was tested: " + why.orElse(""));
    }
  }

  @AfterAll
  static void endGuests() {
    BACKEND.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"6.1", "6.12"})
  void guestAndHostReachEachOther(String kernel) throws IOException {
    try (BackendLab lab = lab(kernel, new GuestRequest(42, false))) {
      assertEquals(42, lab.guest(42).vsock().localCid());
      echo(lab.host(), lab.guest(42), VsockAddress.of(42, 7000));
      echo(lab.guest(42), lab.host(), VsockAddress.host(7000));
    }
  }

  @Test
  void theNextLabGetsTheSameGuestWithNothingOfTheLastOne() throws IOException {
    Object first;
    try (BackendLab lab = lab("6.12", new GuestRequest(43, false))) {
      first = vm(lab, 43);
      ServerSocketChannel left = lab.guest(43).vsock().openServerSocketChannel();
      left.bind(VsockAddress.any(7001));
      SocketChannel waits = lab.host().vsock().openSocketChannel();
      waits.connect(VsockAddress.of(43, 7001));
      assertTrue(left.isOpen() && waits.isConnected());
    }
    try (BackendLab lab = lab("6.12", new GuestRequest(43, false))) {
      assertSame(first, vm(lab, 43));
      try (SocketChannel channel = lab.host().vsock().openSocketChannel()) {
        assertThrows(VsockConnectException.class, () -> channel.connect(VsockAddress.of(43, 7001)));
      }
      echo(lab.host(), lab.guest(43), VsockAddress.of(43, 7001));
    }
  }

  @Test
  void aFreshGuestAndOneInParallelAreOtherMachines() throws IOException {
    try (BackendLab one = lab("6.12", new GuestRequest(43, false));
        BackendLab fresh = lab("6.12", new GuestRequest(43, true))) {
      assertNotSame(vm(one, 43), vm(fresh, 43));
      echo(one.host(), one.guest(43), VsockAddress.of(43, 7002));
      echo(fresh.host(), fresh.guest(43), VsockAddress.of(43, 7002));
    }
  }

  @Test
  void aRebootResetsTheHostsEndAndTheNewBootServes() throws IOException {
    try (BackendLab lab = lab("6.12", new GuestRequest(43, false))) {
      Machine guest = lab.guest(43);
      try (Pair pair = Pair.connect(guest, lab.host(), VsockAddress.host(7003))) {
        guest.as(GuestPower.class).orElseThrow().reboot();
        assertThrows(SocketException.class, () -> pair.accepted().read(ByteBuffer.allocate(1)));
        assertThrows(IOException.class, () -> pair.connected().read(ByteBuffer.allocate(1)));
      }
      echo(lab.host(), guest, VsockAddress.of(43, 7003));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"6.1", "6.12"})
  void aTransportResetEndsTheGuestsConnectionsButNotItsListeners(String kernel) throws Exception {
    try (BackendLab lab = lab(kernel, new GuestRequest(43, false))) {
      Machine guest = lab.guest(43);
      KernelSocket listener = guest.as(SocketLayer.class).orElseThrow().stream();
      listener.bind(VsockAddress.any(7010));
      listener.listen(1);
      try (Pair pair = Pair.connect(guest, lab.host(), VsockAddress.host(7003))) {
        guest.as(GuestDevice.class).orElseThrow().resetTransport();

        assertThrows(SocketException.class, () -> pair.accepted().read(ByteBuffer.allocate(1)));
        assertThrows(IOException.class, () -> pair.connected().write(ByteBuffer.allocate(1)));
      }
      try (SocketChannel again = lab.host().vsock().openSocketChannel()) {
        assertTrue(again.connect(VsockAddress.of(43, 7010)));
      }
      echo(guest, lab.host(), VsockAddress.host(7003));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"6.1", "6.12"})
  void afterATransportResetWithANewCidTheGuestIsReachedUnderThatAlone(String kernel)
      throws Exception {
    Object first;
    try (BackendLab lab = lab(kernel, new GuestRequest(43, false))) {
      Machine guest = lab.guest(43);
      first = vm(lab, 43);
      try (Pair pair = Pair.connect(guest, lab.host(), VsockAddress.host(7003))) {
        guest.as(GuestDevice.class).orElseThrow().resetTransport(99);

        assertThrows(SocketException.class, () -> pair.accepted().read(ByteBuffer.allocate(1)));
      }
      assertEquals(99, guest.cid());
      assertEquals(99, guest.vsock().localCid());
      echo(lab.host(), guest, VsockAddress.of(99, 7003));
      echo(guest, lab.host(), VsockAddress.host(7003));
      try (SocketChannel channel = lab.host().vsock().openSocketChannel()) {
        assertThrows(IOException.class, () -> channel.connect(VsockAddress.of(43, 7003)));
      }
    }
    try (BackendLab lab = lab(kernel, new GuestRequest(43, false))) {
      assertNotSame(first, vm(lab, 43));
      assertEquals(43, lab.guest(43).vsock().localCid());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"6.1", "6.12"})
  void aDeviceThatWasTakenAwayIsSilentAndItsGuestServesNoOtherLab(String kernel) throws Exception {
    Object first;
    try (BackendLab lab = lab(kernel, new GuestRequest(43, false))) {
      Machine guest = lab.guest(43);
      first = vm(lab, 43);
      try (Pair pair = Pair.connect(guest, lab.host(), VsockAddress.host(7003))) {
        guest.as(GuestDevice.class).orElseThrow().unplug();

        assertThrows(SocketException.class, () -> pair.accepted().read(ByteBuffer.allocate(1)));
        assertThrows(IOException.class, () -> pair.connected().write(ByteBuffer.allocate(1)));
      }
      KernelSocket unheard = sockets(guest).stream();
      unheard.setOption(VsockSocketOptions.CONNECT_TIMEOUT, Duration.ofMillis(100));
      assertErrno(
          Errno.ETIMEDOUT, () -> unheard.connect(VsockAddress.host(7003), KernelSocket.FOREVER));
      assertErrno(
          Errno.ENODEV,
          () ->
              sockets(lab.host()).stream()
                  .connect(VsockAddress.of(43, 7003), KernelSocket.FOREVER));
    }
    try (BackendLab lab = lab(kernel, new GuestRequest(43, false))) {
      assertNotSame(first, vm(lab, 43));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"6.1", "6.12"})
  void seqpacketMessagesCrossTheDeviceWholeBothWays(String kernel) throws Exception {
    try (BackendLab lab = lab(kernel, new GuestRequest(43, false))) {
      crossWhole(lab.guest(43), lab.host(), VsockAddress.host(7003));
      crossWhole(lab.host(), lab.guest(43), VsockAddress.of(43, 7004));
    }
  }

  private static void crossWhole(Machine from, Machine to, VsockAddress address) throws Exception {
    KernelSocket listener = sockets(to).seqpacket();
    listener.bind(VsockAddress.any(address.port()));
    listener.listen(1);
    KernelSocket client = sockets(from).seqpacket();
    assertTrue(client.connect(address, KernelSocket.FOREVER));
    KernelSocket server = listener.accept(KernelSocket.FOREVER);
    assertNotNull(server);
    for (int length : new int[] {1, 3731, 3732, 3733, 65536, 65537, 200_000}) {
      byte[] message = new byte[length];
      new Random(length).nextBytes(message);
      int eor = length % 2 == 0 ? KernelSocket.MSG_EOR : 0;
      assertEquals(length, client.send(ByteBuffer.wrap(message), eor, KernelSocket.FOREVER));
      assertEquals(2, client.send(ByteBuffer.allocate(2), 0, KernelSocket.NO_WAIT));
      ByteBuffer dst = ByteBuffer.allocate(length + 1);
      assertEquals(
          new KernelSocket.Received(length, eor), server.receive(dst, 0, KernelSocket.FOREVER));
      assertArrayEquals(message, Arrays.copyOf(dst.array(), length));
      assertEquals(
          new KernelSocket.Received(1, KernelSocket.MSG_TRUNC),
          server.receive(ByteBuffer.allocate(1), 0, KernelSocket.FOREVER));
    }
    client.close();
    assertEquals(
        KernelSocket.EOF,
        server.receive(ByteBuffer.allocate(1), 0, KernelSocket.FOREVER).lengthBytes());
  }

  @Test
  void siblingsReachEachOtherIfTheLabHasThem() throws Exception {
    List<GuestRequest> guests = List.of(new GuestRequest(43, false), new GuestRequest(44, false));
    try (BackendLab lab = BACKEND.open(new LabRequest("siblings", "6.12", guests, true))) {
      echo(lab.guest(43), lab.guest(44), VsockAddress.of(44, 7008));
      crossWhole(lab.guest(44), lab.guest(43), VsockAddress.of(43, 7009));
    }
    try (BackendLab lab = BACKEND.open(new LabRequest("no siblings", "6.12", guests, false))) {
      KernelSocket unheard = sockets(lab.guest(43)).stream();
      unheard.setOption(VsockSocketOptions.CONNECT_TIMEOUT, Duration.ofMillis(100));
      assertErrno(
          Errno.ETIMEDOUT, () -> unheard.connect(VsockAddress.of(44, 7008), KernelSocket.FOREVER));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"6.1", "6.12"})
  void aConnectThatSleepsInTheKernelIsSeenByOthersAndEndsWithClose(String kernel) throws Exception {
    try (BackendLab lab = lab(kernel, new GuestRequest(43, false))) {
      KernelSocket socket = sockets(lab.guest(43)).stream();
      VsockAddress silence = VsockAddress.of(44, 7008);
      socket.setOption(VsockSocketOptions.CONNECT_TIMEOUT, Duration.ofSeconds(100));
      CompletableFuture<Boolean> sleeper =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return socket.connect(silence, KernelSocket.FOREVER);
                } catch (ErrnoException | IOException e) {
                  throw new CompletionException(e);
                }
              });
      while (socket.localAddress().port() == VsockAddress.PORT_ANY) {
        assertFalse(sleeper.isDone()); // connect binds, then waits
      }

      assertErrno(Errno.EALREADY, () -> socket.connect(silence, KernelSocket.NO_WAIT));
      assertFalse(sleeper.isDone());
      socket.close();

      Throwable ended =
          assertThrows(ExecutionException.class, () -> sleeper.get(30, TimeUnit.SECONDS));
      assertEquals(Errno.EBADF, assertInstanceOf(ErrnoException.class, ended.getCause()).errno());
    }
  }

  @Test
  void aGuestCanLoseThePrivilegeForLowPortsAndTheNextLabHasItAgain() throws Exception {
    try (BackendLab lab = lab("6.12", new GuestRequest(43, false))) {
      lab.guest(43).as(PortPrivilege.class).orElseThrow().mayBindPrivilegedPorts(false);
      assertErrno(Errno.EACCES, () -> sockets(lab.guest(43)).stream().bind(VsockAddress.any(1023)));
    }
    try (BackendLab lab = lab("6.12", new GuestRequest(43, false))) {
      sockets(lab.guest(43)).stream().bind(VsockAddress.any(1023));
    }
  }

  @Test
  void whatWasWrittenToAPausedGuestArrivesWhenItGoesOn() throws IOException {
    try (BackendLab lab = lab("6.12", new GuestRequest(43, false))) {
      Machine guest = lab.guest(43);
      GuestPower power = guest.as(GuestPower.class).orElseThrow();
      try (Pair pair = Pair.connect(guest, lab.host(), VsockAddress.host(7004))) {
        power.pause();
        pair.accepted().write(StandardCharsets.UTF_8.encode("while paused"));
        power.resume();
        assertEquals("while paused", read(pair.connected(), 12));
      }
    }
  }

  @Test
  void aKilledGuestResetsTheHostsEndAndIsReplacedForTheNextLab() throws IOException {
    Object first;
    try (BackendLab lab = lab("6.12", new GuestRequest(43, false))) {
      Machine guest = lab.guest(43);
      first = vm(lab, 43);
      try (Pair pair = Pair.connect(guest, lab.host(), VsockAddress.host(7005))) {
        guest.as(GuestPower.class).orElseThrow().kill();
        assertThrows(SocketException.class, () -> pair.accepted().read(ByteBuffer.allocate(1)));
        assertThrows(IOException.class, () -> pair.connected().read(ByteBuffer.allocate(1)));
      }
    }
    try (BackendLab lab = lab("6.12", new GuestRequest(43, false))) {
      assertNotSame(first, vm(lab, 43));
      echo(lab.host(), lab.guest(43), VsockAddress.of(43, 7005));
    }
  }

  @Test
  void aReportHasThePacketsTheConsoleTheAgentsLogAndTheDevices() throws IOException {
    try (BackendLab lab = lab("6.12", new GuestRequest(43, false))) {
      echo(lab.host(), lab.guest(43), VsockAddress.of(43, 7006));
      StringBuilder all = new StringBuilder();
      lab.report().forEach(s -> all.append("== ").append(s.title()).append('\n').append(s.text()));
      assertSays(
          all.toString(),
          "== last packets",
          "== console of vm(43)",
          "== agent log of vm(43)",
          "== vsock device of vm(43)",
          "7006");
    }
  }

  @Test
  void afterItsLabAGuestIsOutOfReach() throws IOException {
    BackendLab lab = lab("6.12", new GuestRequest(43, false));
    Machine guest = lab.guest(43);
    GuestPower power = guest.as(GuestPower.class).orElseThrow();
    lab.close();
    lab.close();

    assertThrows(IllegalStateException.class, power::kill);
    assertThrows(IllegalStateException.class, () -> guest.vsock().openSocketChannel());
  }

  private static BackendLab lab(String kernel, GuestRequest... guests) throws IOException {
    return BACKEND.open(new LabRequest("this test", kernel, List.of(guests)));
  }

  private static SocketLayer sockets(Machine machine) {
    return machine.as(SocketLayer.class).orElseThrow();
  }

  private static void assertErrno(Errno expected, Executable call) {
    assertEquals(expected, assertThrows(ErrnoException.class, call).errno());
  }

  private static Object vm(BackendLab lab, long cid) {
    return ((LeasedGuest) lab.guest(cid)).vm();
  }

  private static void echo(Machine client, Machine server, VsockAddress address)
      throws IOException {
    try (Pair pair = Pair.connect(client, server, address)) {
      pair.connected().write(StandardCharsets.UTF_8.encode("ping"));
      assertEquals("ping", read(pair.accepted(), 4));
      pair.accepted().write(StandardCharsets.UTF_8.encode("pong"));
      assertEquals("pong", read(pair.connected(), 4));
    }
  }

  private static String read(SocketChannel channel, int lengthBytes) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(lengthBytes);
    while (bytes.hasRemaining()) {
      assertTrue(channel.read(bytes) >= 0, "the stream ended early");
    }
    return StandardCharsets.UTF_8.decode(bytes.flip()).toString();
  }

  /** Both ends of one connection. */
  private record Pair(SocketChannel connected, SocketChannel accepted) implements AutoCloseable {

    static Pair connect(Machine client, Machine server, VsockAddress address) throws IOException {
      try (ServerSocketChannel listener = server.vsock().openServerSocketChannel()) {
        listener.bind(VsockAddress.any(address.port()));
        SocketChannel connected = client.vsock().openSocketChannel();
        connected.connect(address);
        return new Pair(connected, listener.accept());
      }
    }

    @Override
    public void close() throws IOException {
      connected.close();
      accepted.close();
    }
  }
}
