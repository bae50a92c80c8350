package dev.vsocklab.ci.gallery;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockProvider;
import dev.vsocklab.sim.Simulation;
import java.io.IOException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Set;
import java.util.TreeSet;

/**
 * No reconnect after a migration. A guest sends numbers and gets each confirmed. A migration resets
 * its connections and gives it another CID. The broken guest does connect again, but from the
 * address that it had, which is not its own any more.
 */
final class NoReconnect {
  private static final long NEW_CID = 77;
  private static final int ATTEMPTS = 3;

  /** The guest's side: sends numbers until each is confirmed. */
  abstract static class Agent {
    final VsockProvider vsock;

    Agent(VsockProvider vsock) {
      this.vsock = vsock;
    }

    /** A channel that is not connected yet. */
    abstract SocketChannel open() throws IOException;

    /** The migration can come while it connects, too. */
    private SocketChannel connect() throws IOException {
      for (int attempt = 1; true; attempt++) {
        try {
          SocketChannel host = open();
          host.connect(VsockAddress.host(Wire.PORT)); // closes the channel where it fails
          return host;
        } catch (IOException e) {
          if (attempt == ATTEMPTS) {
            throw e;
          }
        }
      }
    }

    void send(long count) throws IOException {
      SocketChannel host = connect();
      for (long next = 0; next < count; ) {
        try {
          Wire.writeLong(host, next);
          next = Wire.readLong(host) + 1;
        } catch (IOException e) {
          host.close();
          host = connect();
        }
      }
      host.close();
    }
  }

  static final class Broken extends Agent {
    private final long cid;

    Broken(VsockProvider vsock) throws IOException {
      super(vsock);
      this.cid = vsock.localCid();
    }

    @Override
    SocketChannel open() throws IOException {
      return vsock.openSocketChannel().bind(VsockAddress.of(cid, VsockAddress.PORT_ANY));
    }
  }

  static final class Fixed extends Agent {
    Fixed(VsockProvider vsock) {
      super(vsock);
    }

    @Override
    SocketChannel open() throws IOException {
      return vsock.openSocketChannel();
    }
  }

  /** Makes the agent on its machine. */
  interface Maker {
    Agent on(VsockProvider vsock) throws IOException;
  }

  private NoReconnect() {}

  /** The host gets every number, whenever the guest migrates. */
  static void property(Simulation simulation, Maker maker) throws Exception {
    int count = 1 + simulation.choices().stream("numbers").draw(5);
    Set<Long> received = new TreeSet<>();
    ServerSocketChannel listener = Wire.listen(simulation.host().vsock());
    simulation.spawnDaemon(
        "host",
        () ->
            Servers.serveAll(
                simulation,
                listener,
                guest -> {
                  while (true) {
                    long number = Wire.readLong(guest);
                    received.add(number);
                    Wire.writeLong(guest, number);
                  }
                }));
    Agent agent = maker.on(simulation.guest(42).vsock());
    Chaos.migrateOnce(simulation, NEW_CID);
    agent.send(count);
    assertEquals(count, received.size(), received::toString);
  }
}
