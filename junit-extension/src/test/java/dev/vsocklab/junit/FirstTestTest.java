package dev.vsocklab.junit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.vsocklab.Machine;
import dev.vsocklab.VsockAddress;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The first test of the package's documentation, as it stands there, on the real simulator. */
class FirstTestTest {

  @VsockTest
  static class GreetingTest {

    @Test
    void guestIsGreeted(@Host Machine host, @Guest(42) Machine guest) throws IOException {
      try (ServerSocketChannel server = host.vsock().openServerSocketChannel();
          SocketChannel agent = guest.vsock().openSocketChannel()) {
        server.bind(VsockAddress.any(7000));
        agent.connect(VsockAddress.host(7000));
        try (SocketChannel accepted = server.accept()) {
          accepted.write(ByteBuffer.wrap("hello".getBytes(UTF_8)));
        }
        ByteBuffer greeting = ByteBuffer.allocate(5);
        while (greeting.hasRemaining() && agent.read(greeting) >= 0) {}
        assertEquals("hello", new String(greeting.array(), UTF_8));
      }
    }
  }

  @Test
  void itRunsOnTheSimulatorUnlessSomebodyChoosesOtherwise() {
    assertEquals(
        List.of("guestIsGreeted(Machine, Machine) [sim]"),
        SampleRun.of(GreetingTest.class).run().passed(1).namesOfFinished());
  }
}
