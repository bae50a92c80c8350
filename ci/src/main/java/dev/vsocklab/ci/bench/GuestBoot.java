package dev.vsocklab.ci.bench;

import dev.vsocklab.Lab;
import dev.vsocklab.VsockAddress;
import java.io.IOException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
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
 * How long a test waits for a real guest of its own: from QEMU's start until a socket in the guest
 * is connected to the host, booted or restored from a file.
 */
@State(Scope.Benchmark)
@Fork(1)
@Warmup(iterations = 1)
@Measurement(iterations = 10)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@SuppressWarnings("NullAway.Init") // JMH sets the parameter and boots before it closes
public class GuestBoot {
  private static final long PORT = 1024;

  /** The guest's kernel series. */
  @Param({"6.1", "6.12"})
  public String kernel;

  /** Where the guest comes from. */
  public enum From {
    /** Its kernel boots. */
    BOOT("off"),
    /** It was booted once and is restored, which the warm-up sees to. */
    FILE("on");

    private final String snapshots;

    From(String snapshots) {
      this.snapshots = snapshots;
    }
  }

  /** Where the guest comes from. */
  @Param public From from;

  private RealGuest guest;
  private Lab lab;

  /** Creates the benchmark; JMH calls it. */
  public GuestBoot() {}

  /** Finds QEMU and the image. */
  @Setup
  public void prepare() {
    System.setProperty("vsocklab.qemu.snapshots", from.snapshots);
    guest = new RealGuest(kernel);
  }

  /**
   * Starts the guest and connects from it.
   *
   * @throws IOException if the guest does not come up
   */
  @Benchmark
  public void start() throws IOException {
    lab = guest.start();
    try (ServerSocketChannel server = lab.host().vsock().openServerSocketChannel();
        SocketChannel client = RealGuest.of(lab).vsock().openSocketChannel()) {
      server.bind(VsockAddress.host(PORT));
      client.connect(VsockAddress.host(PORT));
    }
  }

  /**
   * Ends the guest.
   *
   * @throws IOException if it does not end cleanly
   */
  @TearDown(Level.Iteration)
  public void end() throws IOException {
    lab.close();
  }

  /** Ends what the backend keeps. */
  @TearDown
  public void close() {
    guest.close();
  }
}
