package dev.vsocklab.sim.nio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.vsocklab.VsockAddress;
import dev.vsocklab.contract.Background;
import java.io.IOException;
import java.io.InputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A machine that ends beneath its channels: whoever waits in one is told. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class LabClosingTest {
  private final SimNets nets = new SimNets();
  private final SocketChannel near = nets.guest.vsock().openSocketChannel();

  LabClosingTest() throws IOException {}

  @BeforeEach
  void connect() throws IOException {
    ServerSocketChannel listener = nets.host.vsock().openServerSocketChannel();
    listener.bind(VsockAddress.any(7000));
    near.connect(VsockAddress.host(7000));
  }

  @Test
  void blockedReaderIsTold() throws Exception {
    Background<Integer> reader =
        Background.waiting("read", () -> near.read(ByteBuffer.allocate(1)));
    nets.close();
    assertInstanceOf(ClosedChannelException.class, reader.failure());
    assertFalse(near.isOpen());
  }

  @Test
  void blockedAcceptIsTold() throws Exception {
    try (ServerSocket listener = nets.host.vsock().openServerSocket()) {
      listener.bind(VsockAddress.any(7002));
      Background<Socket> accepter = Background.waiting("accept", listener::accept);
      nets.close();
      assertEquals("Socket closed", accepter.failure().getMessage());
    }
  }

  @Test
  void blockedSocketReaderIsTold() throws Exception {
    try (Socket socket = nets.guest.vsock().openSocket()) {
      socket.connect(VsockAddress.host(7000));
      InputStream in = socket.getInputStream();
      Background<Integer> reader = Background.waiting("read", in::read);
      nets.close();
      assertEquals("Socket closed", reader.failure().getMessage());
    }
  }

  @Test
  void selectionReturnsAndTheKeysChannelTells() throws Exception {
    try (Selector selector = nets.guest.vsock().openSelector()) {
      near.configureBlocking(false);
      near.register(selector, SelectionKey.OP_READ);
      Background<Integer> selecting = Background.waiting("select", () -> selector.select());
      nets.close();
      assertEquals(1, selecting.result());
      // The host went with it: the end of the stream or the closing, whichever came first.
      ByteBuffer one = ByteBuffer.allocate(1);
      assertThrows(
          ClosedChannelException.class,
          () -> {
            while (near.read(one) <= 0) {
              Thread.onSpinWait();
            }
          });
    }
  }
}
