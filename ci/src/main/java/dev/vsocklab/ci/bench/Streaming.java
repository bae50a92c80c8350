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

/**
 * Throughput: one thread writes, another reads and throws away. The writer is measured; it cannot
 * run ahead of the reader by more than the buffers between them.
 */
@State(Scope.Benchmark)
@SuppressWarnings("NullAway.Init") // JMH calls the set-up before anything else
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class Streaming {
  private static final int READ_BYTES = 64 * 1024;

  /** Who carries the bytes. */
  @Param public Transport transport = Transport.SIMULATOR;

  /** Bytes that one write has. */
  @Param({"64", "4096", "65536"})
  public int writeBytes;

  private Link link;
  private Companion reader;
  private ByteBuffer buffer;

  /** Creates the benchmark; JMH calls it. */
  public Streaming() {}

  /**
   * Connects and starts the reader.
   *
   * @throws IOException if the transport fails
   */
  @Setup
  public void connect() throws IOException {
    link = transport.open();
    buffer = ByteBuffer.allocateDirect(writeBytes);
    Link.End end = link.two();
    reader =
        Companion.start(
            "reader",
            () -> {
              ByteBuffer sink = ByteBuffer.allocateDirect(READ_BYTES);
              while (end.in().read(sink.clear()) >= 0) {
                // Read and thrown away.
              }
            });
  }

  /**
   * Writes once.
   *
   * @throws IOException if the transport fails
   */
  @Benchmark
  public void write() throws IOException {
    buffer.clear();
    while (buffer.hasRemaining()) {
      link.one().out().write(buffer);
    }
  }

  /**
   * Closes the connection, which ends the reader.
   *
   * @throws Exception if either failed
   */
  @TearDown
  public void disconnect() throws Exception {
    link.one().close();
    reader.join();
    link.close();
  }
}
