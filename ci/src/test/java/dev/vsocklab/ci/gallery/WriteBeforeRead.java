package dev.vsocklab.ci.gallery;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockSocketOptions;
import dev.vsocklab.sim.Simulation;
import dev.vsocklab.sim.choice.ChoiceStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/**
 * A deadlock of two ends that both write before they read. Two machines swap what they know. While
 * it fits into the buffers all is well; when both know more than that, each waits for credit that
 * the other gives only by reading.
 */
final class WriteBeforeRead {
  private static final long BUFFER_BYTES = 16_384;

  /** The accepting end; the connecting one writes first, in both versions. */
  interface Server {
    /** Sends what it knows, and returns the length of what the other end knows. */
    int swap(SocketChannel peer, byte[] known) throws IOException;
  }

  static final class Broken implements Server {
    @Override
    public int swap(SocketChannel peer, byte[] known) throws IOException {
      send(peer, known);
      return receive(peer);
    }
  }

  static final class Fixed implements Server {
    @Override
    public int swap(SocketChannel peer, byte[] known) throws IOException {
      int length = receive(peer);
      send(peer, known);
      return length;
    }
  }

  private WriteBeforeRead() {}

  private static void send(SocketChannel peer, byte[] known) throws IOException {
    Wire.writeLong(peer, known.length);
    Wire.writeAll(peer, ByteBuffer.wrap(known));
  }

  private static int receive(SocketChannel peer) throws IOException {
    return Wire.readAll(peer, (int) Wire.readLong(peer)).remaining();
  }

  /** Each end learns all that the other knows. */
  static void property(Simulation simulation, Server server) throws Exception {
    ChoiceStream lengths = simulation.choices().stream("lengths");
    byte[] hostKnows = new byte[lengths.draw(65_536)];
    byte[] guestKnows = new byte[lengths.draw(65_536)];
    ServerSocketChannel listener = simulation.host().vsock().openServerSocketChannel();
    listener.setOption(VsockSocketOptions.BUFFER_SIZE, BUFFER_BYTES);
    listener.bind(VsockAddress.any(Wire.PORT));
    simulation.spawn(
        "host",
        () -> {
          try (SocketChannel guest = listener.accept()) {
            assertEquals(guestKnows.length, server.swap(guest, hostKnows));
            guest.read(ByteBuffer.allocate(1)); // until the guest has closed too
          }
        });
    try (SocketChannel agent = simulation.guest(42).vsock().openSocketChannel()) {
      agent.setOption(VsockSocketOptions.BUFFER_SIZE, BUFFER_BYTES);
      agent.connect(VsockAddress.host(Wire.PORT));
      send(agent, guestKnows);
      assertEquals(hostKnows.length, receive(agent));
    }
  }
}
