package dev.vsocklab.ci.bench;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Connections: connect, accept, close both ends. One thread does all of it, since connect returns
 * before accept on each of these transports: so the line shows the calls and no waking of threads,
 * and no backlog can overflow.
 */
@State(Scope.Benchmark)
@SuppressWarnings("NullAway.Init") // JMH calls the set-up before anything else
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class Connecting {

  /** Who makes the connections. */
  @Param({"SIMULATOR", "TCP", "UNIX"})
  public Transport transport = Transport.SIMULATOR;

  private Transport.Endpoint endpoint;

  /** Creates the benchmark; JMH calls it. */
  public Connecting() {}

  /**
   * Listens.
   *
   * @throws IOException if the transport fails
   */
  @Setup
  public void listen() throws IOException {
    endpoint = transport.listen();
  }

  /**
   * One connection's life.
   *
   * @throws IOException if the transport fails
   */
  @Benchmark
  public void connectAcceptClose() throws IOException {
    SocketChannel connected = endpoint.connect();
    SocketChannel accepted = endpoint.listener().accept();
    // The accepted end first: where the first one to close keeps its port for a while (TCP's
    // TIME_WAIT), that is then the listener's port, which is shared, and none runs out.
    accepted.close();
    connected.close();
  }

  /**
   * Stops listening.
   *
   * @throws IOException if the transport fails
   */
  @TearDown
  public void close() throws IOException {
    endpoint.close();
  }
}
