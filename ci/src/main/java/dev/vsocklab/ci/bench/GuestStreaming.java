package dev.vsocklab.ci.bench;

import dev.vsocklab.Lab;
import dev.vsocklab.Machine;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.qemu.agent.GuestProgram;
import dev.vsocklab.qemu.agent.GuestPrograms;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
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
 * Throughput between this JVM and a program in a real guest, 64 KiB at a time. The program is
 * socat, which sends zeros or throws away: the data meets the guest's kernel and the vsock device,
 * and not the agent.
 */
@State(Scope.Benchmark)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@SuppressWarnings("NullAway.Init") // JMH sets the parameters and calls the set-up first
public class GuestStreaming {
  /** Bytes of one operation. */
  static final int OPERATION_BYTES = 64 * 1024;

  private static final String SOCAT = "/usr/bin/socat";
  private static final long PORT = 5000;
  private static final Duration START_DEADLINE = Duration.ofMinutes(1);

  /** Which way the data goes. */
  public enum Way {
    /** The guest sends. */
    GUEST_TO_JVM,
    /** The JVM sends. */
    JVM_TO_GUEST
  }

  /** Which way the data goes. */
  @Param public Way way;

  /** The guest's kernel series. */
  @Param({"6.1", "6.12"})
  public String kernel;

  private final ByteBuffer buffer = ByteBuffer.allocateDirect(OPERATION_BYTES);
  private RealGuest guest;
  private Lab lab;
  private SocketChannel channel;

  /** Creates the benchmark; JMH calls it. */
  public GuestStreaming() {}

  /**
   * Boots the guest and connects to its socat.
   *
   * @throws IOException if that fails
   */
  @Setup
  public void connect() throws IOException {
    guest = new RealGuest(kernel);
    lab = guest.start();
    Machine machine = RealGuest.of(lab);
    GuestPrograms programs = machine.as(GuestPrograms.class).orElseThrow();
    programs.putProgram(Path.of(SOCAT), SOCAT);
    String blockSize = Integer.toString(OPERATION_BYTES);
    if (way == Way.GUEST_TO_JVM) {
      try (ServerSocketChannel listener = lab.host().vsock().openServerSocketChannel()) {
        listener.bind(VsockAddress.any(PORT));
        programs.start(SOCAT, "-u", "-b", blockSize, "OPEN:/dev/zero", "VSOCK-CONNECT:2:" + PORT);
        channel = listener.accept();
      }
    } else {
      GuestProgram socat =
          programs.start(
              SOCAT, "-d", "-d", "-u", "-b", blockSize, "VSOCK-LISTEN:" + PORT, "OPEN:/dev/null");
      socat.awaitErrorText("listening on", START_DEADLINE);
      channel = lab.host().vsock().openSocketChannel();
      channel.connect(VsockAddress.of(machine.cid(), PORT));
    }
  }

  /**
   * Moves 64 KiB.
   *
   * @throws IOException if the connection fails
   */
  @Benchmark
  public void move() throws IOException {
    buffer.clear();
    while (buffer.hasRemaining()) {
      int count = way == Way.GUEST_TO_JVM ? channel.read(buffer) : channel.write(buffer);
      if (count < 0) {
        throw new EOFException("The guest's socat ended.");
      }
    }
  }

  /**
   * Ends the guest.
   *
   * @throws IOException if it does not end cleanly
   */
  @TearDown
  public void close() throws IOException {
    channel.close();
    lab.close();
    guest.close();
  }
}
