package dev.vsocklab.ci.example;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.Machine;
import dev.vsocklab.SeqpacketChannel;
import dev.vsocklab.SeqpacketServerChannel;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockChannel;
import dev.vsocklab.VsockSocketOptions;
import dev.vsocklab.VsockTimeoutException;
import dev.vsocklab.junit.Guest;
import dev.vsocklab.junit.Host;
import dev.vsocklab.junit.VsockTest;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The README's examples of messages and options; the compiler here asks for a check of null. */
@VsockTest
@Tag("contract")
class MessagesTest {

  @Test
  void oneWriteIsOneMessage(@Host Machine host, @Guest(42) Machine guest) throws Exception {
    try (SeqpacketServerChannel server = host.vsock().openSeqpacketServerChannel();
        SeqpacketChannel agent = guest.vsock().openSeqpacketChannel()) {
      server.bind(VsockAddress.any(7000));
      agent.connect(VsockAddress.host(7000));
      agent.write(UTF_8.encode("a message"));
      agent.write(UTF_8.encode("the last of its record"), true);
      try (SeqpacketChannel accepted = Objects.requireNonNull(server.accept())) {
        ByteBuffer buffer = ByteBuffer.allocate(4);
        SeqpacketChannel.Message first = accepted.receive(buffer); // "a me", the rest is gone
        assertEquals(new SeqpacketChannel.Message(9, true, false), first); // 9 bytes, truncated
        assertTrue(accepted.receive(buffer.clear()).endOfRecord());
      }
    }
  }

  @Test
  void streamHasVsocksOptionsAndMore(@Host Machine host, @Guest(42) Machine guest)
      throws Exception {
    try (ServerSocketChannel server = host.vsock().openServerSocketChannel();
        SocketChannel channel = guest.vsock().openSocketChannel()) {
      server.bind(VsockAddress.any(7000));
      channel.setOption(VsockSocketOptions.BUFFER_SIZE, 65536L); // SO_VM_SOCKETS_BUFFER_SIZE
      channel.setOption(VsockSocketOptions.CONNECT_TIMEOUT, Duration.ofSeconds(5));
      channel.setOption(VsockSocketOptions.RECEIVE_TIMEOUT, Duration.ofSeconds(1));
      channel.connect(VsockAddress.host(7000));
      try (SocketChannel accepted = server.accept()) {
        ByteBuffer buffer = ByteBuffer.allocate(4);
        accepted.write(UTF_8.encode("more than four"));
        VsockChannel vsock = VsockChannel.of(channel); // any SocketChannel of a VsockProvider
        assertEquals(4, vsock.peek(buffer)); // MSG_PEEK
        assertEquals(4, vsock.readFully(buffer.clear())); // MSG_WAITALL
        assertEquals(10, channel.read(ByteBuffer.allocate(16)));
        assertThrows(VsockTimeoutException.class, () -> channel.read(ByteBuffer.allocate(1)));
      }
    }
  }
}
