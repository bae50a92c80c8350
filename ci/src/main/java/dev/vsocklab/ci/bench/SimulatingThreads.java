package dev.vsocklab.ci.bench;

import dev.vsocklab.VsockAddress;
import dev.vsocklab.sim.Simulation;
import dev.vsocklab.sim.SimulationOptions;
import dev.vsocklab.sim.choice.Choices;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** A whole run of blocking code: lab, two threads that take turns, one question and its answer. */
@State(Scope.Thread)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class SimulatingThreads {
  private static final int PORT = 7000;
  private static final SimulationOptions OPTIONS = SimulationOptions.of("bench", 3);

  private long seed;

  /** Creates the benchmark; JMH calls it. */
  public SimulatingThreads() {}

  /**
   * One run.
   *
   * @throws IOException if the simulator fails
   */
  @Benchmark
  public void echo() throws IOException {
    try (Simulation simulation = Simulation.open(OPTIONS, Choices.ofSeed(++seed))) {
      ServerSocketChannel server = simulation.host().vsock().openServerSocketChannel();
      server.bind(VsockAddress.any(PORT));
      simulation.spawn("server", () -> answer(server));
      try (SocketChannel client = simulation.guest(3).vsock().openSocketChannel()) {
        client.connect(VsockAddress.host(PORT));
        client.write(ByteBuffer.allocate(5));
        ByteBuffer answer = ByteBuffer.allocate(5);
        while (answer.hasRemaining()) {
          client.read(answer);
        }
      }
    }
  }

  private static void answer(ServerSocketChannel server) throws IOException {
    try (SocketChannel accepted = server.accept()) {
      ByteBuffer question = ByteBuffer.allocate(5);
      while (question.hasRemaining() && accepted.read(question) >= 0) {}
      accepted.write(question.flip());
    }
  }
}
