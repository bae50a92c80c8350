package dev.vsocklab.ci.bench;

import dev.vsocklab.Lab;
import java.io.IOException;
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

/** How long a real guest takes from QEMU's start until its agent answers. */
@State(Scope.Benchmark)
@Fork(1)
@Warmup(iterations = 1)
@Measurement(iterations = 10)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@SuppressWarnings("NullAway.Init") // JMH sets the parameter and boots before it closes
public class GuestBoot {

  /** The guest's kernel series. */
  @Param({"6.1", "6.12"})
  public String kernel;

  private RealGuest guest;
  private Lab lab;

  /** Creates the benchmark; JMH calls it. */
  public GuestBoot() {}

  /** Finds QEMU and the image. */
  @Setup
  public void prepare() {
    guest = new RealGuest(kernel);
  }

  /**
   * Boots.
   *
   * @throws IOException if the guest does not come up
   */
  @Benchmark
  public void boot() throws IOException {
    lab = guest.boot();
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
