package dev.vsocklab.sim.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockSocketOptions;
import dev.vsocklab.VsockTimeoutException;
import dev.vsocklab.sim.SimTask;
import dev.vsocklab.sim.Simulation;
import dev.vsocklab.sim.SimulationOptions;
import dev.vsocklab.sim.SimulationRun;
import dev.vsocklab.sim.choice.Choices;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Blocking code in virtual time: one task at a time, and every order that it could run in. */
class BlockingThreadsTest {
  private static final SimulationOptions OPTIONS = SimulationOptions.of("blocking", Echo.GUEST);

  private static SimulationRun run(long seed, Simulation.Body body) {
    return Simulation.once(OPTIONS, Choices.ofSeed(seed), body);
  }

  private static void succeeds(Simulation.Body body) {
    for (long seed = 1; seed <= 20; seed++) {
      Throwable failure = run(seed, body).failure();
      if (failure != null) {
        throw new AssertionError("seed " + seed, failure);
      }
    }
  }

  private static Throwable failureOf(Simulation.Body body) {
    Throwable failure = run(1, body).failure();
    assertNotNull(failure, "it should fail");
    return failure;
  }

  private static void contains(String part, @Nullable String text) {
    assertTrue(text != null && text.contains(part), () -> "\"" + part + "\" is not in: " + text);
  }

  @Test
  void clientsAndServerConverseInWhateverOrderIsDrawn() {
    succeeds(simulation -> Echo.converse(simulation, 3));
  }

  @Test
  void aSeedGivesOneRunAndSeedsGiveManyRuns() {
    Set<Long> hashes = new HashSet<>();
    for (long seed = 1; seed <= 30; seed++) {
      long hash = run(seed, simulation -> Echo.converse(simulation, 3)).traceHash();
      assertEquals(hash, run(seed, simulation -> Echo.converse(simulation, 3)).traceHash());
      hashes.add(hash);
    }
    assertTrue(hashes.size() > 25, () -> "only " + hashes.size() + " of 30 runs differ");
  }

  @Test
  void aRecordingGivesTheRunThatMadeIt() {
    SimulationRun first = run(7, simulation -> Echo.converse(simulation, 2));
    SimulationRun second =
        Simulation.once(
            OPTIONS,
            Choices.replaying(first.choices()),
            simulation -> Echo.converse(simulation, 2));
    assertNull(first.failure());
    assertEquals(first.schedule(), second.schedule());
    assertEquals(first.traceHash(), second.traceHash());
  }

  @Test
  void aConnectThatNobodyAnswersTimesOutInVirtualTime() {
    succeeds(
        simulation -> {
          // A guest's packets to a CID that is not there are silence.
          try (SocketChannel client = simulation.guest(Echo.GUEST).vsock().openSocketChannel()) {
            long start = simulation.nanoTime();
            assertThrows(
                VsockTimeoutException.class, () -> client.connect(VsockAddress.of(77, 7000)));
            long tookMillis = (simulation.nanoTime() - start) / 1_000_000;
            assertTrue(tookMillis >= 2000 && tookMillis < 2010, () -> tookMillis + " ms");
          }
        });
  }

  @Test
  void anHourOfSleepCostsNothing() {
    succeeds(
        simulation -> {
          simulation.sleep(Duration.ofHours(1));
          assertTrue(simulation.nanoTime() >= Duration.ofHours(1).toNanos());
        });
  }

  @Test
  void sleepersWakeInTheOrderOfTheirTimes() {
    succeeds(
        simulation -> {
          List<String> woken = new ArrayList<>();
          for (int i = 5; i > 0; i--) {
            int seconds = i;
            simulation.spawn(
                "sleeper" + i,
                () -> {
                  simulation.sleep(Duration.ofSeconds(seconds));
                  woken.add("sleeper" + seconds);
                });
          }
          simulation.sleep(Duration.ofSeconds(10));
          assertEquals(List.of("sleeper1", "sleeper2", "sleeper3", "sleeper4", "sleeper5"), woken);
        });
  }

  @Test
  void aReceiveTimeoutEndsAReadInVirtualTime() {
    succeeds(
        simulation -> {
          try (ServerSocketChannel server = simulation.host().vsock().openServerSocketChannel();
              SocketChannel client = simulation.guest(Echo.GUEST).vsock().openSocketChannel()) {
            server.bind(VsockAddress.any(Echo.PORT));
            client.connect(VsockAddress.host(Echo.PORT));
            client.setOption(VsockSocketOptions.RECEIVE_TIMEOUT, Duration.ofMinutes(5));
            assertThrows(
                java.net.SocketTimeoutException.class, () -> client.read(ByteBuffer.allocate(1)));
            assertTrue(simulation.nanoTime() >= Duration.ofMinutes(5).toNanos());
          }
        });
  }

  @Test
  void aSelectorWaitsInVirtualTime() {
    succeeds(
        simulation -> {
          try (Selector selector = simulation.host().vsock().openSelector();
              ServerSocketChannel server = simulation.host().vsock().openServerSocketChannel()) {
            server.bind(VsockAddress.any(Echo.PORT));
            server.configureBlocking(false);
            server.register(selector, SelectionKey.OP_ACCEPT);
            assertEquals(0, selector.select(60_000), "nobody came in a minute");
            assertTrue(simulation.nanoTime() >= Duration.ofMinutes(1).toNanos());
            SimTask client =
                simulation.spawn(
                    "client",
                    () -> {
                      try (SocketChannel channel =
                          simulation.guest(Echo.GUEST).vsock().openSocketChannel()) {
                        channel.connect(VsockAddress.host(Echo.PORT));
                      }
                    });
            assertEquals(1, selector.select());
            server.accept().close();
            client.join();
          }
        });
  }

  @Test
  void anInterruptClosesTheChannelOfABlockedRead() {
    succeeds(
        simulation -> {
          try (ServerSocketChannel server = simulation.host().vsock().openServerSocketChannel()) {
            server.bind(VsockAddress.any(Echo.PORT));
            SimTask accepter =
                simulation.spawn(
                    "accepter",
                    () -> assertThrows(ClosedByInterruptException.class, server::accept));
            simulation.settle();
            accepter.interrupt();
            accepter.join();
            assertFalse(server.isOpen());
          }
        });
  }

  @Test
  void twoReadersOfOneChannelTakeTurns() {
    succeeds(
        simulation -> {
          try (ServerSocketChannel server = simulation.host().vsock().openServerSocketChannel();
              SocketChannel client = simulation.guest(Echo.GUEST).vsock().openSocketChannel()) {
            server.bind(VsockAddress.any(Echo.PORT));
            client.connect(VsockAddress.host(Echo.PORT));
            for (int i = 0; i < 2; i++) {
              simulation.spawn(
                  "reader" + i, () -> assertEquals(1, client.read(ByteBuffer.allocate(1))));
            }
            simulation.settle();
            SocketChannel accepted = server.accept();
            accepted.write(ByteBuffer.allocate(2));
            simulation.settle();
            accepted.close();
          }
        });
  }

  @Test
  void allTasksThatWaitForOneAnotherAreADeadlockWithItsCredit() {
    Throwable failure =
        failureOf(
            simulation -> {
              ServerSocketChannel server = simulation.host().vsock().openServerSocketChannel();
              server.bind(VsockAddress.any(Echo.PORT));
              SocketChannel client = simulation.guest(Echo.GUEST).vsock().openSocketChannel();
              client.connect(VsockAddress.host(Echo.PORT));
              SocketChannel accepted = server.accept();
              simulation.spawn("both", () -> accepted.write(ByteBuffer.allocate(1_000_000)));
              client.write(ByteBuffer.allocate(1_000_000));
            });
    contains("Deadlock at ", failure.getMessage());
    contains("test waits for credit or a connect's answer of vm(42) ", failure.getMessage());
    contains("both waits for credit or a connect's answer of host ", failure.getMessage());
    contains("peer_buf_alloc 262144, tx_cnt 262144, peer_fwd_cnt 0", failure.getMessage());
    contains("rx_bytes 262144", failure.getMessage());
    contains("at BlockingThreadsTest.java:", failure.getMessage());
  }

  @Test
  void tasksThatNeverFinishAreNamedAtTheEnd() {
    Throwable failure =
        failureOf(
            simulation -> {
              ServerSocketChannel server = simulation.host().vsock().openServerSocketChannel();
              server.bind(VsockAddress.any(Echo.PORT));
              simulation.spawn("server", server::accept);
            });
    contains("some of its tasks never finish", failure.getMessage());
    contains("spawnDaemon", failure.getMessage());
    contains("server waits for input of host ", failure.getMessage());
  }

  @Test
  void aDaemonEndsWithTheRun() {
    succeeds(
        simulation -> {
          ServerSocketChannel server = simulation.host().vsock().openServerSocketChannel();
          server.bind(VsockAddress.any(Echo.PORT));
          simulation.spawnDaemon("server", server::accept);
          simulation.settle();
        });
  }

  /** An interrupt would change what its clean-up sends, and so the run. */
  @Test
  void aDaemonThatWaitsForItsTurnIsNotInterruptedByTheEnd() {
    AtomicInteger ended = new AtomicInteger();
    AtomicInteger interrupted = new AtomicInteger();
    for (long seed = 1; seed <= 200; seed++) {
      Throwable failure =
          run(
                  seed,
                  simulation -> {
                    for (int i = 0; i < 5; i++) {
                      simulation.spawnDaemon(
                          "daemon" + i, () -> sleepUntilTheEnd(simulation, ended, interrupted));
                    }
                    simulation.settle();
                  })
              .failure();
      assertNull(failure, "seed " + seed);
    }
    assertEquals(1000, ended.get());
    assertEquals(0, interrupted.get());
  }

  private static void sleepUntilTheEnd(
      Simulation simulation, AtomicInteger ended, AtomicInteger interrupted) {
    try {
      simulation.sleep(Duration.ofHours(1));
    } finally {
      ended.incrementAndGet();
      LockSupport.parkNanos(100_000); // an interrupt would come a little later
      if (Thread.currentThread().isInterrupted()) {
        interrupted.incrementAndGet();
      }
    }
  }

  @Test
  void aTaskThatDoesNotEndWithTheRunIsNamed() {
    AtomicBoolean released = new AtomicBoolean();
    Throwable failure =
        failureOf(
            simulation -> {
              simulation.spawnDaemon("stubborn", () -> sleepAndStay(simulation, released));
              simulation.settle();
            });
    released.set(true);
    assertEquals(
        "Tasks [stubborn] did not end even when the run was over; their threads are left behind."
            + " Let them not catch Throwable, nor wait outside the lab.",
        failure.getMessage());
  }

  private static void sleepAndStay(Simulation simulation, AtomicBoolean released) {
    try {
      simulation.sleep(Duration.ofHours(1));
    } catch (Throwable e) { // what unwinds it, too
      while (!released.get()) {
        LockSupport.parkNanos(1_000_000);
      }
    }
  }

  @Test
  void aTasksExceptionFailsTheRunAtOnce() {
    IllegalStateException cause = new IllegalStateException("broken");
    Throwable failure =
        failureOf(
            simulation -> {
              simulation.spawn(
                  "bad",
                  () -> {
                    throw cause;
                  });
              simulation.sleep(Duration.ofHours(1));
            });
    assertSame(cause, failure);
    assertEquals("in task bad", failure.getSuppressed()[0].getMessage());
  }

  @Test
  void aTaskThatBlocksOutsideTheLabIsNamedWithItsStack() {
    Object monitor = new Object();
    Throwable failure =
        failureOf(
            simulation -> {
              simulation.spawn(
                  "holder",
                  () -> {
                    synchronized (monitor) {
                      simulation.sleep(Duration.ofSeconds(1));
                    }
                  });
              simulation.settle();
              simulation.spawn(
                  "blocked",
                  () -> {
                    synchronized (monitor) {
                      simulation.settle();
                    }
                  });
              simulation.sleep(Duration.ofSeconds(5));
            });
    contains("Task blocked blocks outside the lab", failure.getMessage());
    contains("BlockingThreadsTest", failure.getMessage());
  }

  @Test
  void aRealSleepIsFoundInTheTestsOwnThreadToo() {
    Throwable failure = failureOf(simulation -> Thread.sleep(60_000));
    contains("Task test blocks outside the lab", failure.getMessage());
    contains("java.lang.Thread.sleep", failure.getMessage());
    assertFalse(Thread.interrupted(), "the interrupt that ended the sleep is used up");
  }

  @Test
  void aThreadThatNobodySpawnedIsRefused() {
    Throwable failure =
        failureOf(
            simulation -> {
              List<Throwable> thrown = new ArrayList<>();
              Thread stranger =
                  new Thread(
                      () -> {
                        try {
                          Echo.ask(simulation);
                        } catch (Exception | Error e) {
                          thrown.add(e);
                        }
                      },
                      "stranger");
              stranger.start();
              stranger.join();
              throw assertInstanceOf(IllegalStateException.class, thrown.get(0));
            });
    contains(
        "Thread \"stranger\" calls into a simulation that does not know it", failure.getMessage());
    contains("simulation.spawn", failure.getMessage());
  }

  @Test
  void aLoopWithoutEndIsFound() {
    SimulationRun run =
        Simulation.once(
            OPTIONS.withMaxSteps(1000),
            Choices.ofSeed(1),
            simulation -> {
              try (Selector selector = simulation.host().vsock().openSelector();
                  ServerSocketChannel server =
                      simulation.host().vsock().openServerSocketChannel()) {
                server.bind(VsockAddress.any(Echo.PORT));
                server.configureBlocking(false);
                while (server.accept() == null) {
                  assertEquals(0, selector.selectNow());
                }
              }
            });
    Throwable failure = run.failure();
    assertNotNull(failure);
    contains("It made 1000 steps and came to no end", failure.getMessage());
  }

  @Test
  void aLockOfTheSimulationMayBeHeldOverACall() {
    Set<String> orders = new HashSet<>();
    succeeds(
        simulation -> {
          ReentrantLock lock = simulation.newLock();
          StringBuilder order = new StringBuilder();
          for (String name : List.of("a", "b", "c")) {
            simulation.spawn(
                name,
                () -> {
                  lock.lock();
                  try {
                    order.append(name);
                    simulation.sleep(Duration.ofSeconds(1));
                    order.append(name);
                  } finally {
                    lock.unlock();
                  }
                });
          }
          simulation.sleep(Duration.ofMinutes(1));
          assertEquals(6, order.length());
          for (int i = 0; i < 6; i += 2) {
            assertEquals(order.charAt(i), order.charAt(i + 1), order::toString);
          }
          orders.add(order.toString());
        });
    assertNotEquals(1, orders.size(), "who gets the lock is drawn");
  }
}
