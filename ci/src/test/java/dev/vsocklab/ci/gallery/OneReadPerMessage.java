package dev.vsocklab.ci.gallery;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.vsocklab.sim.Simulation;
import dev.vsocklab.sim.choice.ChoiceStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

/**
 * Framing that takes one read for one message. A message is a byte with its length, and text. On a
 * quiet machine each write arrives alone and is read alone; when the reader is late, two of them
 * are read at once and the second is lost.
 */
final class OneReadPerMessage {

  /** The reading end. */
  interface Receiver {
    /** All messages, until the sender has shut down its output. */
    List<String> receive(SocketChannel sender) throws IOException;
  }

  static final class Broken implements Receiver {
    @Override
    public List<String> receive(SocketChannel sender) throws IOException {
      List<String> messages = new ArrayList<>();
      ByteBuffer buffer = ByteBuffer.allocate(256);
      while (sender.read(buffer.clear()) > 0) {
        buffer.flip();
        int length = buffer.get();
        messages.add(UTF_8.decode(buffer.limit(1 + length)).toString());
      }
      return messages;
    }
  }

  static final class Fixed implements Receiver {
    @Override
    public List<String> receive(SocketChannel sender) throws IOException {
      List<String> messages = new ArrayList<>();
      ByteBuffer length = ByteBuffer.allocate(1);
      while (sender.read(length.clear()) > 0) {
        messages.add(UTF_8.decode(Wire.readAll(sender, length.get(0))).toString());
      }
      return messages;
    }
  }

  private OneReadPerMessage() {}

  /** What is received is what was sent. */
  static void property(Simulation simulation, Receiver receiver) throws Exception {
    ChoiceStream messages = simulation.choices().stream("messages");
    List<String> sent = new ArrayList<>();
    for (int i = messages.draw(6); i > 0; i--) {
      sent.add("x".repeat(messages.draw(20)));
    }
    ServerSocketChannel listener = Wire.listen(simulation.host().vsock());
    simulation.spawn(
        "sender",
        () -> {
          try (SocketChannel agent = Wire.connectToHost(simulation.guest(42).vsock())) {
            for (String message : sent) {
              ByteBuffer frame = ByteBuffer.allocate(1 + message.length());
              frame.put((byte) message.length()).put(UTF_8.encode(message)).flip();
              Wire.writeAll(agent, frame);
            }
            agent.shutdownOutput();
            agent.read(ByteBuffer.allocate(1)); // until the host has closed too
          }
        });
    try (SocketChannel agent = listener.accept()) {
      assertEquals(sent, receiver.receive(agent));
    }
  }
}
