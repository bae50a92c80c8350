package dev.vsocklab.ci.gallery;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.vsocklab.VsockConnectException;
import dev.vsocklab.VsockProvider;
import dev.vsocklab.sim.Simulation;
import dev.vsocklab.sim.choice.ChoiceStream;
import java.io.IOException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;

/**
 * A leak on a refused connect. A guest may have so many connections at a time and counts them. The
 * host's service starts late; each refused connect costs the broken guest a place for good.
 */
final class RefusedLeak {
  private static final int PLACES = 3;

  /** The guest's connections. */
  abstract static class Pool {
    int freePlaces = PLACES;

    abstract SocketChannel connect(VsockProvider vsock) throws IOException;

    void take() {
      if (freePlaces == 0) {
        throw new IllegalStateException("All " + PLACES + " places are taken.");
      }
      freePlaces--;
    }

    void close(SocketChannel channel) throws IOException {
      channel.close();
      freePlaces++;
    }
  }

  static final class Broken extends Pool {
    @Override
    SocketChannel connect(VsockProvider vsock) throws IOException {
      take();
      return Wire.connectToHost(vsock);
    }
  }

  static final class Fixed extends Pool {
    @Override
    SocketChannel connect(VsockProvider vsock) throws IOException {
      take();
      try {
        return Wire.connectToHost(vsock);
      } catch (IOException e) {
        freePlaces++;
        throw e;
      }
    }
  }

  private RefusedLeak() {}

  /** Whatever was refused: in the end all places are free again. */
  static void property(Simulation simulation, Pool pool) throws Exception {
    ChoiceStream delays = simulation.choices().stream("delays");
    Duration hostStartsAfter = Duration.ofMillis(delays.draw(100));
    Duration guestTriesEvery = Duration.ofMillis(1 + delays.draw(50));
    simulation.spawnDaemon(
        "host",
        () -> {
          simulation.sleep(hostStartsAfter);
          ServerSocketChannel listener = Wire.listen(simulation.host().vsock());
          Servers.serveAll(simulation, listener, Wire::readLong); // until the guest closes
        });
    boolean served = false;
    while (!served) {
      try {
        pool.close(pool.connect(simulation.guest(42).vsock()));
        served = true;
      } catch (VsockConnectException e) {
        simulation.sleep(guestTriesEvery);
      }
    }
    assertEquals(PLACES, pool.freePlaces, "free places");
  }
}
