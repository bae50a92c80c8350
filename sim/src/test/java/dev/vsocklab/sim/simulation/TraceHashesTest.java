package dev.vsocklab.sim.simulation;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.vsocklab.VsockAddress;
import dev.vsocklab.sim.SimEngine;
import dev.vsocklab.sim.Simulation;
import dev.vsocklab.sim.SimulationOptions;
import dev.vsocklab.sim.SimulationRun;
import dev.vsocklab.sim.choice.ChoiceStream;
import dev.vsocklab.sim.choice.Choices;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/**
 * The same choices give the same run, event by event: in a second run, in another process, and on
 * every JDK that this test is run on. What the runs hashed to is committed with the test.
 *
 * <p>A change of the simulator's that makes packets differ changes the hashes: then the test prints
 * the new ones, to be looked at and put into {@code trace-hashes.txt}.
 */
class TraceHashesTest {
  private static final int SEEDS = 5;

  private record Scenario(String name, SimEngine engine, Simulation.Body body) {}

  private static final Scenario[] SCENARIOS = {
    new Scenario("converse", SimEngine.THREADS, simulation -> Echo.converse(simulation, 3)),
    new Scenario("transfer", SimEngine.THREADS, TraceHashesTest::transfer),
    new Scenario("select", SimEngine.THREADS, TraceHashesTest::select),
    new Scenario("timeouts", SimEngine.THREADS, TraceHashesTest::timeouts),
    new Scenario("steps", SimEngine.EVENT_LOOP, TraceHashesTest::steps),
  };

  @Test
  void theRunsAreThoseThatWereCommitted() throws IOException {
    StringBuilder hashes = new StringBuilder();
    for (Scenario scenario : SCENARIOS) {
      for (long seed = 1; seed <= SEEDS; seed++) {
        SimulationRun run = run(scenario, Choices.ofSeed(seed));
        assertNull(run.failure(), () -> scenario + ": " + run.failure());
        SimulationRun again = run(scenario, Choices.ofSeed(seed));
        SimulationRun replayed = run(scenario, Choices.replaying(run.choices()));
        String name = scenario.name + " " + seed;
        assertEquals(run.schedule(), again.schedule(), name);
        assertEquals(run.traceHash(), again.traceHash(), name);
        assertEquals(run.traceHash(), replayed.traceHash(), name + " replayed");
        hashes.append(name).append(' ').append(run.events()).append(" events ");
        hashes.append(Long.toHexString(run.traceHash())).append('\n');
      }
    }
    assertEquals(committed(), hashes.toString());
  }

  private static String committed() throws IOException {
    try (InputStream file =
        Objects.requireNonNull(
            TraceHashesTest.class.getResourceAsStream("trace-hashes.txt"), "trace-hashes.txt")) {
      return new String(file.readAllBytes(), UTF_8);
    }
  }

  private static SimulationRun run(Scenario scenario, Choices choices) {
    return Simulation.once(
        SimulationOptions.of(scenario.name, Echo.GUEST, 43).withEngine(scenario.engine),
        choices,
        scenario.body);
  }

  /** More than fits into the window, in pieces of drawn lengths, both ways at once. */
  private static void transfer(Simulation simulation) throws IOException {
    int total = 600_000;
    ServerSocketChannel server = simulation.host().vsock().openServerSocketChannel();
    server.bind(VsockAddress.any(Echo.PORT));
    simulation.spawn(
        "server",
        () -> {
          SocketChannel accepted = server.accept();
          simulation.spawn("server's writer", () -> write(simulation, accepted, total));
          readAll(accepted, total);
        });
    SocketChannel client = simulation.guest(Echo.GUEST).vsock().openSocketChannel();
    client.connect(VsockAddress.host(Echo.PORT));
    simulation.spawn("client's writer", () -> write(simulation, client, total));
    readAll(client, total);
  }

  private static void write(Simulation simulation, SocketChannel channel, int total)
      throws IOException {
    ChoiceStream lengths = simulation.choices().stream("lengths");
    int left = total;
    while (left > 0) {
      byte[] piece = new byte[Math.min(left, 1 + lengths.draw(70_000))];
      Arrays.fill(piece, (byte) left);
      left -= channel.write(ByteBuffer.wrap(piece));
    }
  }

  private static void readAll(SocketChannel channel, int total) throws IOException {
    ByteBuffer room = ByteBuffer.allocate(10_000);
    int left = total;
    while (left > 0) {
      left -= channel.read(room.clear());
    }
  }

  /** A selector serves clients of two guests, until a minute passes without any. */
  private static void select(Simulation simulation) throws IOException {
    for (long cid : new long[] {Echo.GUEST, 43}) {
      for (int i = 0; i < 2; i++) {
        simulation.spawn(
            "client" + cid + "." + i,
            () -> {
              try (SocketChannel client = simulation.guest(cid).vsock().openSocketChannel()) {
                simulation.sleep(Duration.ofSeconds(1));
                client.connect(VsockAddress.host(Echo.PORT));
                client.write(ByteBuffer.allocate(100));
                assertEquals(-1, client.read(ByteBuffer.allocate(1)));
              }
            });
      }
    }
    try (Selector selector = simulation.host().vsock().openSelector();
        ServerSocketChannel server = simulation.host().vsock().openServerSocketChannel()) {
      server.bind(VsockAddress.any(Echo.PORT));
      server.configureBlocking(false);
      server.register(selector, SelectionKey.OP_ACCEPT);
      while (selector.select(60_000) > 0) {
        Iterator<SelectionKey> selected = selector.selectedKeys().iterator();
        while (selected.hasNext()) {
          serve(selector, server, selected.next());
          selected.remove();
        }
      }
    }
  }

  private static void serve(Selector selector, ServerSocketChannel server, SelectionKey key)
      throws IOException {
    if (key.isAcceptable()) {
      SocketChannel accepted = server.accept();
      accepted.configureBlocking(false);
      accepted.register(selector, SelectionKey.OP_READ);
    } else {
      SocketChannel channel = (SocketChannel) key.channel();
      if (channel.read(ByteBuffer.allocate(100)) != 0) {
        channel.close();
      }
    }
  }

  /** Connects that nobody answers, from several tasks. */
  private static void timeouts(Simulation simulation) {
    for (int i = 0; i < 4; i++) {
      simulation.spawn(
          "connecter" + i,
          () -> {
            try (SocketChannel client = simulation.guest(Echo.GUEST).vsock().openSocketChannel()) {
              client.connect(VsockAddress.of(77, 1));
            } catch (IOException e) {
              simulation.sleep(Duration.ofMillis(simulation.choices().stream("naps").draw(1000)));
            }
          });
    }
    simulation.sleep(Duration.ofSeconds(30));
  }

  private static void steps(Simulation simulation) throws IOException {
    ServerSocketChannel server = simulation.host().vsock().openServerSocketChannel();
    server.bind(VsockAddress.any(Echo.PORT));
    server.configureBlocking(false);
    for (long cid : new long[] {Echo.GUEST, 43, Echo.GUEST, 43}) {
      SocketChannel client = simulation.guest(cid).vsock().openSocketChannel();
      client.configureBlocking(false);
      client.connect(VsockAddress.host(Echo.PORT));
    }
    while (simulation.step()) {
      SocketChannel accepted = server.accept();
      if (accepted != null) {
        accepted.configureBlocking(false);
        accepted.write(ByteBuffer.allocate(1000));
      }
    }
    simulation.sleep(Duration.ofSeconds(20));
  }
}
