package dev.vsocklab.ci.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
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

/** Round trip: one thread sends 64 bytes and waits until another has sent them back. */
@State(Scope.Benchmark)
@SuppressWarnings("NullAway.Init") // JMH calls the set-up before anything else
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class RoundTrip {
  private static final int MESSAGE_BYTES = 64;

  /** Who carries the bytes. */
  @Param public Transport transport = Transport.SIMULATOR;

  private final ByteBuffer buffer = ByteBuffer.allocateDirect(MESSAGE_BYTES);
  private Link link;
  private Companion echo;

  /** Creates the benchmark; JMH calls it. */
  public RoundTrip() {}

  /**
   * Connects and starts the echo.
   *
   * @throws IOException if the transport fails
   */
  @Setup
  public void connect() throws IOException {
    link = transport.open();
    Link.End end = link.two();
    echo =
        Companion.start(
            "echo",
            () -> {
              ByteBuffer message = ByteBuffer.allocateDirect(MESSAGE_BYTES);
              while (end.in().read(message.clear()) >= 0) {
                end.out().write(message.flip());
              }
            });
  }

  /**
   * There and back.
   *
   * @throws IOException if the transport fails
   */
  @Benchmark
  public void thereAndBack() throws IOException {
    link.one().out().write(buffer.clear());
    buffer.clear();
    while (buffer.hasRemaining()) {
      if (link.one().in().read(buffer) < 0) {
        throw new IOException("The echo ended.");
      }
    }
  }

  /**
   * Closes the connection, which ends the echo.
   *
   * @throws Exception if either failed
   */
  @TearDown
  public void disconnect() throws Exception {
    link.one().close();
    echo.join();
    link.close();
  }
}
