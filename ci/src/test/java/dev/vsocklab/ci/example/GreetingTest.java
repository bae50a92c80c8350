package dev.vsocklab.ci.example;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.vsocklab.Machine;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.junit.Guest;
import dev.vsocklab.junit.Host;
import dev.vsocklab.junit.VsockTest;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The README's first test, word by word. */
@VsockTest
@Tag("contract")
class GreetingTest {

  @Test
  void theHostGreetsItsGuest(@Host Machine host, @Guest(42) Machine guest) throws Exception {
    try (ServerSocketChannel server = host.vsock().openServerSocketChannel();
        SocketChannel agent = guest.vsock().openSocketChannel()) {
      server.bind(VsockAddress.any(7000)); // port 7000 on the host
      agent.connect(VsockAddress.host(7000)); // from guest 42, as a real guest would
      try (SocketChannel accepted = server.accept()) {
        accepted.write(UTF_8.encode("hello, guest"));
        accepted.shutdownOutput();
        byte[] heard = Channels.newInputStream(agent).readAllBytes();
        assertEquals("hello, guest", new String(heard, UTF_8));
      }
    }
  }
}
