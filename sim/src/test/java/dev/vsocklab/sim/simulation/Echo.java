package dev.vsocklab.sim.simulation;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.vsocklab.VsockAddress;
import dev.vsocklab.sim.Simulation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/**
 * A small conversation of blocking channels: some clients of one guest, each answered by the host.
 */
final class Echo {
  static final long GUEST = 42;
  static final int PORT = 7000;

  private Echo() {}

  static void converse(Simulation simulation, int clients) throws IOException {
    ServerSocketChannel server = simulation.host().vsock().openServerSocketChannel();
    server.bind(VsockAddress.any(PORT));
    simulation.spawn("server", () -> serve(server, clients));
    for (int i = 1; i < clients; i++) {
      simulation.spawn("client" + i, () -> ask(simulation));
    }
    ask(simulation);
  }

  private static void serve(ServerSocketChannel server, int clients) throws IOException {
    for (int i = 0; i < clients; i++) {
      try (SocketChannel accepted = server.accept()) {
        ByteBuffer question = ByteBuffer.allocate(16);
        while (accepted.read(question) >= 0) {
          accepted.write(question.flip());
          question.clear();
        }
      }
    }
    server.close();
  }

  static void ask(Simulation simulation) throws IOException {
    try (SocketChannel client = simulation.guest(GUEST).vsock().openSocketChannel()) {
      client.connect(VsockAddress.host(PORT));
      client.write(ByteBuffer.wrap("hello".getBytes(US_ASCII)));
      ByteBuffer answer = ByteBuffer.allocate(5);
      while (answer.hasRemaining()) {
        if (client.read(answer) < 0) {
          throw new AssertionError("the answer ended after " + answer.position() + " bytes");
        }
      }
      client.shutdownOutput();
    }
  }
}
