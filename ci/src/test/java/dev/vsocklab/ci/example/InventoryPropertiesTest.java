package dev.vsocklab.ci.example;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.vsocklab.Machine;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockProvider;
import dev.vsocklab.junit.Guest;
import dev.vsocklab.junit.Host;
import dev.vsocklab.junit.VsockTest;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterTry;
import net.jqwik.api.lifecycle.BeforeTry;
import net.jqwik.api.state.Action;
import net.jqwik.api.state.ActionChain;
import net.jqwik.api.state.ActionChainArbitrary;
import net.jqwik.api.state.Transformer;
import org.jspecify.annotations.Nullable;

/**
 * A stateful property: whatever guests report, in whatever order, the server knows all of it. Each
 * chain of actions has a server and a lab of its own, on every backend that the build chose.
 */
@VsockTest
class InventoryPropertiesTest {
  private static final long PORT = 7000;

  /** The server under test, its client's machine, and what the server should know. */
  private record Inventory(InventoryServer server, VsockProvider guest, List<String> expected) {}

  private @Nullable Inventory inventory;

  @BeforeTry
  void start(@Host Machine host, @Guest(42) VsockProvider guest) throws IOException {
    inventory = new Inventory(InventoryServer.start(host.vsock(), PORT), guest, new ArrayList<>());
  }

  @AfterTry
  void stop() throws IOException {
    Objects.requireNonNull(inventory).server().close();
  }

  /** A guest reports some packages; the answer says how many the server understood. */
  private static final class Report implements Action.Independent<Inventory> {
    @Override
    public Arbitrary<Transformer<Inventory>> transformer() {
      Arbitrary<String> packages =
          Arbitraries.of("bash 5.2", "dash 0.5", "zlib 1.2.13", "tar 1.34");
      return packages.list().ofMaxSize(3).map(Report::of);
    }

    private static Transformer<Inventory> of(List<String> packages) {
      return Transformer.mutate(
          "report " + packages,
          inventory -> {
            assertEquals("OK " + packages.size() + "\n", report(inventory.guest(), packages));
            inventory.expected().addAll(packages);
          });
    }
  }

  /** A guest connects and is has nothing to say. */
  private static final class SaysNothing implements Action.Independent<Inventory> {
    @Override
    public Arbitrary<Transformer<Inventory>> transformer() {
      return Arbitraries.just(
          Transformer.mutate(
              "a guest with nothing to report",
              inventory -> assertEquals("OK 0\n", report(inventory.guest(), List.of()))));
    }
  }

  private static String report(VsockProvider guest, List<String> packages) {
    try (SocketChannel agent = guest.openSocketChannel()) {
      agent.connect(VsockAddress.host(PORT));
      for (String line : packages) {
        agent.write(StandardCharsets.UTF_8.encode(line + "\n"));
      }
      agent.shutdownOutput();
      return new String(Channels.newInputStream(agent).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new AssertionError("The server did not take a report of " + packages, e);
    }
  }

  @Provide
  ActionChainArbitrary<Inventory> reports() {
    return ActionChain.startWith(() -> Objects.requireNonNull(inventory))
        .withAction(3, new Report())
        .withAction(1, new SaysNothing())
        .withMaxTransformations(10);
  }

  @Property(tries = 50)
  void theServerKnowsWhatWasReported(@ForAll("reports") ActionChain<Inventory> chain) {
    Inventory after =
        chain
            .withInvariant(
                "the server knows all", it -> assertEquals(it.expected(), it.server().packages()))
            .run();
    assertEquals(after.expected(), after.server().packages());
  }
}
