package dev.vsocklab.ci.contract;

import dev.vsocklab.Machine;
import java.io.IOException;
import java.nio.channels.SocketChannel;

/** Both ends of one connection. */
record Connection(SocketChannel connected, SocketChannel accepted) implements AutoCloseable {

  /** A connection between two machines; its listener is closed again. */
  static Connection between(Machine listener, Machine connector) throws IOException {
    try (Listener listening = Listener.on(listener, 1)) {
      return listening.connectFrom(connector);
    }
  }

  @Override
  public void close() throws IOException {
    try (connected;
        accepted) {
      // Both are closed, whichever fails.
    }
  }
}
