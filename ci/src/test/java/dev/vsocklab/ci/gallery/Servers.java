package dev.vsocklab.ci.gallery;

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

  /** One connection after the other; one that fails does not end the server. */
  static void serveAll(ServerSocketChannel listener, Service service) throws IOException {
    while (true) {
      try (SocketChannel guest = listener.accept()) {
        service.serve(guest);
      } catch (IOException e) {
        if (!listener.isOpen()) {
          throw e;
        }
      }
    }
  }
}
