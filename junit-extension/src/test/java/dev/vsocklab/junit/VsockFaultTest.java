package dev.vsocklab.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.Machine;
import dev.vsocklab.VsockAddress;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Faults by annotation, on the simulator. */
@VsockTest
@VsockFault(kind = VsockFault.Kind.SHORT_READS, bytes = 3, from = 2)
class VsockFaultTest {

  @Test
  void theClassesFaultIsInEveryLab(@Host Machine host, @Guest(42) Machine guest)
      throws IOException {
    assertReadsAtMost(3, host, guest);
  }

  @Test
  @VsockFault(kind = VsockFault.Kind.REFUSED, port = 7000, times = 1)
  void theMethodsFaultComesOnTop(@Host Machine host, @Guest(42) Machine guest) throws IOException {
    assertThrows(ConnectException.class, () -> assertReadsAtMost(3, host, guest));
    assertReadsAtMost(3, host, guest);
  }

  @Nested
  @VsockFault(kind = VsockFault.Kind.SHORT_READS, bytes = 1)
  class Inside {
    @Test
    void aNestedClassAddsItsOwn(@Host Machine host, @Guest(42) Machine guest) throws IOException {
      assertReadsAtMost(1, host, guest);
    }
  }

  private static void assertReadsAtMost(int bytes, Machine host, Machine guest) throws IOException {
    try (ServerSocketChannel server = host.vsock().openServerSocketChannel();
        SocketChannel agent = guest.vsock().openSocketChannel()) {
      server.bind(VsockAddress.any(7000));
      agent.connect(VsockAddress.host(7000));
      try (SocketChannel accepted = server.accept()) {
        assertEquals(10, agent.write(ByteBuffer.allocate(10)));
        ByteBuffer buffer = ByteBuffer.allocate(10);
        assertTrue(accepted.read(buffer) <= bytes);
        while (buffer.hasRemaining()) {
          accepted.read(buffer);
        }
      }
    }
  }
}
