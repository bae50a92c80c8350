package dev.vsocklab.junit;

import dev.vsocklab.Lab;
import dev.vsocklab.ListeningPorts;
import dev.vsocklab.Machine;
import dev.vsocklab.spi.BackendLab.ReportSection;
import dev.vsocklab.spi.LabRequest.Until;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.platform.commons.support.ReflectionSupport;

/** Java code that plays the programs of one lab's simulated guests, each in a thread. */
final class StandIns implements AutoCloseable {
  private static final long LOOK_EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
  private static final Duration END_DEADLINE = Duration.ofSeconds(10);

  private final List<Player> players = new ArrayList<>();
  private volatile boolean over;

  /**
   * Starts who plays the programs of a guest, one after the other as the programs would be.
   *
   * @throws ParameterResolutionException if one does not come as far as it should
   */
  void start(GuestPlan guest, Lab lab) {
    for (Program program : guest.programs()) {
      Player player = new Player(guest, program, lab.guest(guest.cid()));
      players.add(player);
      player.thread.start();
      player.await(guest.until(program), Duration.ofSeconds(program.withinSeconds()));
    }
  }

  /** What they printed, a section each. */
  List<ReportSection> report() {
    return players.stream()
        .map(player -> new ReportSection("program " + player, player.story()))
        .toList();
  }

  /** Says that what they do from now on is nobody's business: their sockets are about to close. */
  void end() {
    over = true;
    players.forEach(player -> player.thread.interrupt());
  }

  /**
   * Waits until all have ended.
   *
   * @throws IOException if one failed before {@link #end}, or does not end
   */
  @Override
  public void close() throws IOException {
    boolean interrupted = false;
    List<String> failures = new ArrayList<>();
    for (Player player : players) {
      try {
        player.thread.join(END_DEADLINE.toMillis());
      } catch (InterruptedException e) {
        interrupted = true;
      }
      if (player.thread.isAlive()) {
        failures.add(
            "%s still runs %d s after its test and its interrupt. Let it end when its thread is interrupted."
                .formatted(player, END_DEADLINE.toSeconds()));
      }
      player.failure().ifPresent(why -> failures.add("%s failed: %s.".formatted(player, why)));
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    if (!failures.isEmpty()) {
      throw new IOException(String.join("\n", failures));
    }
  }

  /** One program's life. */
  private final class Player {
    private final String name;
    private final Machine machine;
    private final GuestStandIn code;
    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private final Thread thread;
    private volatile @Nullable Throwable failure;

    Player(GuestPlan guest, Program program, Machine machine) {
      this.name =
          "%s of %s, played by %s"
              .formatted(
                  String.join(" ", program.value()),
                  machine.name(),
                  program.simulatedBy().getSimpleName());
      this.machine = machine;
      try {
        this.code = ReflectionSupport.newInstance(program.simulatedBy());
      } catch (RuntimeException e) {
        throw new ParameterResolutionException(
            "%s: %s cannot be made: %s. It needs a constructor without parameters, in a static class."
                .formatted(guest.what(), program.simulatedBy().getName(), e),
            e);
      }
      this.thread = new Thread(this::run, "vsocklab " + name);
      thread.setDaemon(true);
    }

    private void run() {
      try (PrintStream output = new PrintStream(printed, true, StandardCharsets.UTF_8)) {
        code.run(machine, output);
      } catch (Throwable e) { // also an AssertionError is the program's failure
        if (!over) {
          failure = e;
        }
      }
    }

    private void await(Until until, Duration deadline) {
      long deadlineNanos = System.nanoTime() + deadline.toNanos();
      while (true) {
        boolean ended = !thread.isAlive(); // asked first: what it printed before counts
        if (isReached(until, ended)) {
          return;
        }
        if (ended) {
          throw new ParameterResolutionException(
              "%s %s before %s. It printed:\n%s"
                  .formatted(
                      this,
                      failure().map(why -> "failed with " + why).orElse("ended"),
                      until,
                      text()));
        }
        if (System.nanoTime() - deadlineNanos > 0) {
          throw new ParameterResolutionException(
              "%s: %d ms were over before %s; it still runs. It printed:\n%s"
                  .formatted(this, deadline.toMillis(), until, text()));
        }
        LockSupport.parkNanos(LOOK_EVERY_NANOS);
      }
    }

    private boolean isReached(Until until, boolean ended) {
      if (until instanceof Until.Printed what) {
        return what.pattern().matcher(text()).find();
      }
      if (until instanceof Until.Listening listening) {
        return isListening(listening.port());
      }
      // Java code has no exit status: an exception stands for every status but 0.
      return until instanceof Until.Started || (ended && failure().isEmpty());
    }

    private boolean isListening(long port) {
      ListeningPorts ports =
          machine
              .as(ListeningPorts.class)
              .orElseThrow(
                  () ->
                      new ParameterResolutionException(
                          "%s: this backend does not tell who listens, so untilListensOn cannot be waited for."
                              .formatted(this)));
      try {
        return ports.isListening(port);
      } catch (IOException e) {
        throw new ParameterResolutionException(String.valueOf(e.getMessage()), e);
      }
    }

    private Optional<String> failure() {
      return Optional.ofNullable(failure).map(Throwable::toString);
    }

    private String text() {
      return printed.toString(StandardCharsets.UTF_8);
    }

    private String story() {
      String state =
          thread.isAlive() ? "runs" : failure().map(why -> "failed: " + why).orElse("ended");
      return state + ". It printed:\n" + text();
    }

    @Override
    public String toString() {
      return name;
    }
  }
}
