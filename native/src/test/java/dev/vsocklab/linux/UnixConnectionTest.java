package dev.vsocklab.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.Errno;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(OpenResources.class)
class UnixConnectionTest {
  private static final int FD_CLOEXEC_IN_FDINFO = 02000000;

  @Test
  void acceptsAPeerAtAPathAndRemovesThePathAtClose(@TempDir Path folder) throws IOException {
    Path path = folder.resolve("s");
    try (UnixListener listener = UnixListener.listen(path);
        SocketChannel peer = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      peer.connect(UnixDomainSocketAddress.of(path));
      try (UnixConnection connection = listener.accept()) {
        assertNotNull(connection);
        peer.write(ByteBuffer.wrap(new byte[] {1, 2, 3}));
        ByteBuffer got = ByteBuffer.allocateDirect(8);
        assertEquals(3, connection.receive(got, new ArrayList<>()));
        assertEquals(3, got.position());
        assertEquals(3, got.get(2));
        connection.send(got.flip(), List.of());
        assertEquals(3, peer.read(ByteBuffer.allocate(8)));
      }
    }
    assertTrue(Files.notExists(path));
  }

  @Test
  void aTakenPathAndALongOneAreNamedInTheError(@TempDir Path folder) throws IOException {
    Path path = folder.resolve("s");
    try (UnixListener listener = UnixListener.listen(path)) {
      assertNotNull(listener);
      LinuxException taken = assertThrows(LinuxException.class, () -> UnixListener.listen(path));
      assertEquals(Optional.of(Errno.EADDRINUSE), taken.errno());
      assertTrue(taken.toString().contains(path.toString()), taken.toString());
    }
    assertTrue(Files.notExists(path), "the failed second listener left the first one's path alone");
    IOException longPath =
        assertThrows(IOException.class, () -> UnixListener.listen(folder.resolve("x".repeat(108))));
    assertTrue(longPath.toString().contains("107"), longPath.toString());
  }

  @Test
  void descriptorsArriveWithTheFirstByteAndAreCloseOnExec() throws IOException {
    UnixConnection[] pair = TestLibc.connectedPair();
    try (UnixConnection left = pair[0];
        UnixConnection right = pair[1];
        EventFd sent = EventFd.create("the sent one")) {
      left.send(bytes("abc"), List.of(sent.fd(), sent.fd()));
      left.send(bytes("de"), List.of());
      List<Fd> fds = new ArrayList<>();
      assertEquals(1, right.receive(ByteBuffer.allocateDirect(1), fds));
      assertEquals(2, fds.size());
      ByteBuffer rest = ByteBuffer.allocateDirect(8);
      while (rest.position() < 4) {
        assertTrue(right.receive(rest, fds) > 0);
      }
      assertEquals(2, fds.size());

      try (EventFd received = new EventFd(fds.get(0));
          Fd other = fds.get(1)) {
        int flags = fdInfoFlags(other);
        assertTrue((flags & FD_CLOEXEC_IN_FDINFO) != 0, Integer.toOctalString(flags));
        sent.signal();
        assertEquals(1, received.drain());
      }
    }
  }

  @Test
  void lostDescriptorsAreAnErrorAndThoseThatArrivedAreClosed() throws IOException {
    UnixConnection[] pair = TestLibc.connectedPair();
    int before = Fd.openCount();
    try (EventFd event = EventFd.create("sent too often")) {
      RawSender.send(pair[0], event.fd(), UnixConnection.MAX_FDS + 1);
      List<Fd> fds = new ArrayList<>();
      IOException e =
          assertThrows(IOException.class, () -> pair[1].receive(ByteBuffer.allocateDirect(1), fds));
      assertTrue(e.toString().contains("lost"), e.toString());
      assertTrue(fds.isEmpty());
      assertEquals(before + 1, Fd.openCount());
    }
    pair[0].close();
    pair[1].close();
  }

  @Test
  void nothingThereIsZeroAndTheEndIsMinusOne() throws IOException {
    UnixConnection[] pair = TestLibc.connectedPair();
    ByteBuffer target = ByteBuffer.allocateDirect(1);
    assertEquals(0, pair[1].receive(target, new ArrayList<>()));
    pair[0].close();
    assertEquals(-1, pair[1].receive(target, new ArrayList<>()));
    pair[1].close();
  }

  @Test
  void aPeerThatIsGoneIsEpipeAndOneThatDoesNotReadIsEagain() throws IOException {
    UnixConnection[] pair = TestLibc.connectedPair();
    LinuxException full =
        assertThrows(
            LinuxException.class,
            () -> pair[0].send(ByteBuffer.allocateDirect(16 << 20), List.of()));
    assertEquals(Optional.of(Errno.EAGAIN), full.errno());
    pair[1].close();
    LinuxException gone =
        assertThrows(LinuxException.class, () -> pair[0].send(bytes("x"), List.of()));
    assertEquals(Optional.of(Errno.EPIPE), gone.errno());
    pair[0].close();
    assertThrows(IOException.class, () -> pair[0].send(bytes("x"), List.of()));
  }

  @Test
  void aHeapBufferIsRefusedBecauseItMayMove() {
    UnixConnection[] pair = TestLibc.connectedPair();
    assertThrows(
        IllegalArgumentException.class,
        () -> pair[0].receive(ByteBuffer.allocate(1), new ArrayList<>()));
    assertThrows(
        IllegalArgumentException.class, () -> pair[0].send(ByteBuffer.allocate(1), List.of()));
    pair[0].close();
    pair[1].close();
  }

  private static ByteBuffer bytes(String text) {
    byte[] raw = text.getBytes(StandardCharsets.US_ASCII);
    return ByteBuffer.allocateDirect(raw.length).put(raw).flip();
  }

  private static int fdInfoFlags(Fd fd) throws IOException {
    int number = fd.acquire();
    try {
      return Files.readAllLines(Path.of("/proc/self/fdinfo/" + number)).stream()
          .filter(line -> line.startsWith("flags:"))
          .mapToInt(line -> Integer.parseInt(line.substring(6).trim(), 8))
          .findFirst()
          .orElseThrow();
    } finally {
      fd.release();
    }
  }
}
