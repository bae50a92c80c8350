package dev.vsocklab.sim.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockTimeoutException;
import dev.vsocklab.sim.SimEngine;
import dev.vsocklab.sim.Simulation;
import dev.vsocklab.sim.SimulationOptions;
import dev.vsocklab.sim.choice.Choices;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Non-blocking code whose test lets each packet arrive when it wants to. */
class EventLoopTest {
  private static final SimulationOptions OPTIONS =
      SimulationOptions.of("loop", Echo.GUEST).withEngine(SimEngine.EVENT_LOOP);

  private final Simulation simulation = Simulation.open(OPTIONS, Choices.ofSeed(1));

  @AfterEach
  void close() throws IOException {
    simulation.close();
  }

  private ServerSocketChannel server() throws IOException {
    ServerSocketChannel server = simulation.host().vsock().openServerSocketChannel();
    server.bind(VsockAddress.any(Echo.PORT));
    server.configureBlocking(false);
    return server;
  }

  private SocketChannel client() throws IOException {
    SocketChannel client = simulation.guest(Echo.GUEST).vsock().openSocketChannel();
    client.configureBlocking(false);
    return client;
  }

  @Test
  void nothingArrivesBeforeTheTestSaysSo() throws IOException {
    ServerSocketChannel server = server();
    SocketChannel client = client();
    assertFalse(client.connect(VsockAddress.host(Echo.PORT)));
    assertNull(server.accept());
    assertTrue(simulation.step(), "the REQUEST");
    SocketChannel accepted = server.accept();
    assertNotNull(accepted);
    assertFalse(client.finishConnect());
    assertTrue(simulation.step(), "the RESPONSE");
    assertTrue(client.finishConnect());
    assertFalse(simulation.step());
    assertEquals(3, accepted.write(ByteBuffer.allocate(3)));
    assertEquals(0, client.read(ByteBuffer.allocate(8)));
    simulation.settle();
    assertEquals(3, client.read(ByteBuffer.allocate(8)));
  }

  @Test
  void aConnectTimesOutWhenTheTestLetsTwoSecondsPass() throws IOException {
    SocketChannel client = client();
    assertFalse(client.connect(VsockAddress.of(77, 7000)));
    simulation.sleep(Duration.ofMillis(1999));
    assertFalse(client.finishConnect());
    simulation.sleep(Duration.ofMillis(1));
    assertThrows(VsockTimeoutException.class, client::finishConnect);
    assertEquals(Duration.ofSeconds(2).toNanos(), simulation.nanoTime());
  }

  @Test
  void aSelectorFindsWhatASettledLabMadeReady() throws IOException {
    ServerSocketChannel server = server();
    SocketChannel client = client();
    try (Selector selector = simulation.host().vsock().openSelector()) {
      server.register(selector, SelectionKey.OP_ACCEPT);
      assertFalse(client.connect(VsockAddress.host(Echo.PORT)));
      assertEquals(0, selector.selectNow());
      simulation.settle();
      assertEquals(1, selector.selectNow());
      selector.selectedKeys().clear();
      assertEquals(1, selector.select(), "it need not wait");
    }
  }

  @Test
  void aCallThatWouldWaitSaysWhatToDo() throws IOException {
    ServerSocketChannel server = server();
    server.configureBlocking(true);
    IllegalStateException e = assertThrows(IllegalStateException.class, server::accept);
    String message = String.valueOf(e.getMessage());
    assertTrue(message.startsWith("This call would wait for input of host vsock:"), message);
    assertTrue(message.contains("configureBlocking(false)"), message);
    try (Selector selector = simulation.host().vsock().openSelector()) {
      assertThrows(IllegalStateException.class, selector::select);
    }
  }

  @Test
  void thereAreNoTasks() {
    IllegalStateException e =
        assertThrows(IllegalStateException.class, () -> simulation.spawn("server", () -> {}));
    assertTrue(String.valueOf(e.getMessage()).contains("SimEngine.THREADS"), e::getMessage);
  }

  @Test
  void anotherThreadIsRefused() throws InterruptedException {
    Throwable[] thrown = {null};
    Thread other =
        new Thread(() -> thrown[0] = assertThrows(IllegalStateException.class, simulation::settle));
    other.start();
    other.join();
    assertNotNull(thrown[0]);
  }

  @Test
  void packetsOfOneConnectionKeepTheirOrderWhateverIsDrawn() {
    for (long seed = 1; seed <= 50; seed++) {
      Throwable failure =
          Simulation.once(
                  OPTIONS,
                  Choices.ofSeed(seed),
                  run -> {
                    ServerSocketChannel server = run.host().vsock().openServerSocketChannel();
                    server.bind(VsockAddress.any(Echo.PORT));
                    server.configureBlocking(false);
                    SocketChannel client = run.guest(Echo.GUEST).vsock().openSocketChannel();
                    client.configureBlocking(false);
                    client.connect(VsockAddress.host(Echo.PORT));
                    run.settle();
                    assertTrue(client.finishConnect());
                    SocketChannel accepted = server.accept();
                    for (byte i = 0; i < 10; i++) {
                      client.write(ByteBuffer.wrap(new byte[] {i}));
                      accepted.write(ByteBuffer.wrap(new byte[] {i}));
                    }
                    run.settle();
                    ByteBuffer read = ByteBuffer.allocate(20);
                    assertEquals(10, accepted.read(read));
                    for (byte i = 0; i < 10; i++) {
                      assertEquals(i, read.get(i));
                    }
                  })
              .failure();
      assertNull(failure, "seed " + seed);
    }
  }
}
