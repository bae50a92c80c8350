package dev.vsocklab.ci.gallery;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.vsocklab.VsockSocketOptions;
import dev.vsocklab.sim.Simulation;
import dev.vsocklab.sim.choice.ChoiceStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/**
 * Starved by a stream that nobody reads. A host answers a guest's question on one connection and
 * logs what it does on another. The guest means to read the log when it has the answer; when the
 * log is longer than its buffer, the host waits for credit there and never answers.
 */
final class UnreadStream {
  private static final long LOG_BUFFER_BYTES = 16_384;

  /** The host's side. */
  interface Host {
    /** Answers one question, and logs so many bytes meanwhile. */
    void answer(SocketChannel questions, SocketChannel log, ByteBuffer entries) throws IOException;
  }

  static final class Broken implements Host {
    @Override
    public void answer(SocketChannel questions, SocketChannel log, ByteBuffer entries)
        throws IOException {
      long question = Wire.readLong(questions);
      Wire.writeAll(log, entries);
      Wire.writeLong(questions, question + 1);
    }
  }

  /** Answers are not held up by logging: what does not fit is left out. */
  static final class Fixed implements Host {
    @Override
    public void answer(SocketChannel questions, SocketChannel log, ByteBuffer entries)
        throws IOException {
      long question = Wire.readLong(questions);
      log.configureBlocking(false);
      log.write(entries);
      Wire.writeLong(questions, question + 1);
    }
  }

  private UnreadStream() {}

  /** A question is answered, however much there is to log. */
  static void property(Simulation simulation, Host host) throws Exception {
    ChoiceStream numbers = simulation.choices().stream("numbers");
    ByteBuffer entries = ByteBuffer.allocate(numbers.draw(65_536));
    ServerSocketChannel listener = Wire.listen(simulation.host().vsock());
    simulation.spawn(
        "host",
        () -> {
          try (SocketChannel questions = listener.accept();
              SocketChannel log = listener.accept()) {
            host.answer(questions, log, entries);
            questions.read(ByteBuffer.allocate(1)); // until the guest has closed
          }
        });
    try (SocketChannel questions = Wire.connectToHost(simulation.guest(42).vsock());
        SocketChannel log = Wire.connectToHost(simulation.guest(42).vsock())) {
      log.setOption(VsockSocketOptions.BUFFER_SIZE, LOG_BUFFER_BYTES);
      Wire.writeLong(questions, 41);
      assertEquals(42, Wire.readLong(questions));
      log.configureBlocking(false);
      log.read(ByteBuffer.allocate(65_536));
    }
  }
}
