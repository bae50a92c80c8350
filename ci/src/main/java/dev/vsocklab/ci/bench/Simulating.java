package dev.vsocklab.ci.bench;

import dev.vsocklab.VsockAddress;
import dev.vsocklab.sim.SimEngine;
import dev.vsocklab.sim.Simulation;
import dev.vsocklab.sim.SimulationOptions;
import dev.vsocklab.sim.choice.Choices;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Deterministic runs on one thread: packets that are sent, drawn, recorded, traced, logged and
 * received; time that passes while nothing happens; whole labs.
 */
@State(Scope.Thread)
@SuppressWarnings("NullAway.Init") // JMH calls the set-up before anything else
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class Simulating {
  private static final int PORT = 7000;
  private static final int MESSAGE_BYTES = 64;

  /** What both ends send before the packets may arrive. */
  private static final int MESSAGES = 16;

  private static final SimulationOptions OPTIONS =
      SimulationOptions.of("bench", 3, 4)
          .withEngine(SimEngine.EVENT_LOOP)
          .withMaxSteps(Long.MAX_VALUE);

  private final ByteBuffer message = ByteBuffer.allocate(MESSAGE_BYTES);
  private final ByteBuffer room = ByteBuffer.allocate(MESSAGES * MESSAGE_BYTES);
  private long seed;
  private Simulation simulation;
  private SocketChannel client;
  private SocketChannel accepted;

  /** Creates the benchmark; JMH calls it. */
  public Simulating() {}

  /**
   * A new run for each iteration, since a run records all that it draws.
   *
   * @throws IOException if the simulator fails
   */
  @Setup(Level.Iteration)
  public void begin() throws IOException {
    simulation = Simulation.open(OPTIONS, Choices.ofSeed(++seed));
    ServerSocketChannel server = listen(simulation);
    client = connect(simulation, 3);
    simulation.settle();
    accepted = accept(server, client);
  }

  private static ServerSocketChannel listen(Simulation simulation) throws IOException {
    ServerSocketChannel server = simulation.host().vsock().openServerSocketChannel();
    server.bind(VsockAddress.any(PORT));
    server.configureBlocking(false);
    return server;
  }

  private static SocketChannel connect(Simulation simulation, long guestCid) throws IOException {
    SocketChannel client = simulation.guest(guestCid).vsock().openSocketChannel();
    client.configureBlocking(false);
    client.connect(VsockAddress.host(PORT));
    return client;
  }

  private static SocketChannel accept(ServerSocketChannel server, SocketChannel client)
      throws IOException {
    SocketChannel accepted = server.accept();
    if (accepted == null || !client.finishConnect()) {
      throw new IllegalStateException("A settled connect is over.");
    }
    accepted.configureBlocking(false);
    return accepted;
  }

  /**
   * One packet with 64 bytes, of many that two machines send to each other at once.
   *
   * @throws IOException if the simulator fails
   */
  @Benchmark
  @BenchmarkMode(Mode.Throughput)
  @OutputTimeUnit(TimeUnit.SECONDS)
  @OperationsPerInvocation(2 * MESSAGES)
  public void packets() throws IOException {
    for (int i = 0; i < MESSAGES; i++) {
      client.write(message.clear());
      accepted.write(message.clear());
    }
    simulation.settle();
    expectAll(client);
    expectAll(accepted);
  }

  private void expectAll(SocketChannel reader) throws IOException {
    int count = reader.read(room.clear());
    if (count != MESSAGES * MESSAGE_BYTES) {
      throw new IllegalStateException("Read " + count + " bytes of what had arrived.");
    }
  }

  /** An hour in which nothing happens. */
  @Benchmark
  @BenchmarkMode(Mode.AverageTime)
  @OutputTimeUnit(TimeUnit.MICROSECONDS)
  public void idleHour() {
    simulation.sleep(Duration.ofHours(1));
  }

  /**
   * A host and two guests, two connections of each guest, made and closed.
   *
   * @throws IOException if the simulator fails
   */
  @Benchmark
  @BenchmarkMode(Mode.AverageTime)
  @OutputTimeUnit(TimeUnit.MICROSECONDS)
  public void lab() throws IOException {
    try (Simulation whole = Simulation.open(OPTIONS, Choices.ofSeed(++seed))) {
      ServerSocketChannel server = listen(whole);
      List<SocketChannel> clients = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        clients.add(connect(whole, 3 + i % 2));
      }
      whole.settle();
      for (SocketChannel each : clients) {
        accept(server, each);
      }
    }
  }

  /**
   * Ends the run.
   *
   * @throws IOException if the lab does not close cleanly
   */
  @TearDown(Level.Iteration)
  public void end() throws IOException {
    simulation.close();
  }
}
