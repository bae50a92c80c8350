package dev.vsocklab.ci.gallery;

import dev.vsocklab.sim.Simulation;
import java.io.IOException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/** The loop around a server's connections. */
final class Servers {

  /** Serves one connection. */
  interface Service {
    void serve(SocketChannel guest) throws IOException;
  }

  private Servers() {}

  /** Each connection has a task of its own; one that fails, or never ends, holds up no other. */
  static void serveAll(Simulation simulation, ServerSocketChannel listener, Service service)
      throws IOException {
    for (int number = 1; true; number++) {
      SocketChannel guest = listener.accept();
      simulation.spawnDaemon("connection " + number, () -> serve(guest, service));
    }
  }

  private static void serve(SocketChannel guest, Service service) {
    try (guest) {
      service.serve(guest);
    } catch (IOException e) {
      // the guest is gone, as guests go
    }
  }
}
