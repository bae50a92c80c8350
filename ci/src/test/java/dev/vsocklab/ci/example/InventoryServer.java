package dev.vsocklab.ci.example;

import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockProvider;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * The example's production code, host side: guests connect and report the packages that they have,
 * one line each; the host answers with how many it understood.
 *
 * <p>It knows a {@link VsockProvider} and the JDK, and nothing of tests.
 */
final class InventoryServer implements AutoCloseable {
  private final ServerSocketChannel listener;
  private final Thread thread;
  private final List<String> packages = new CopyOnWriteArrayList<>();
  private volatile @Nullable IOException failure;

  private InventoryServer(ServerSocketChannel listener) {
    this.listener = listener;
    this.thread = new Thread(this::serve, "inventory");
  }

  /** Listens on a port of this machine. */
  static InventoryServer start(VsockProvider vsock, long port) throws IOException {
    InventoryServer server =
        new InventoryServer(vsock.openServerSocketChannel().bind(VsockAddress.any(port)));
    server.thread.start();
    return server;
  }

  /** What was reported so far, by all guests. */
  List<String> packages() {
    return List.copyOf(packages);
  }

  private void serve() {
    try {
      while (true) {
        try (SocketChannel guest = listener.accept()) {
          serve(guest);
        }
      }
    } catch (ClosedChannelException e) {
      // close() was called
    } catch (IOException e) {
      failure = e;
    }
  }

  private void serve(SocketChannel guest) throws IOException {
    BufferedReader lines = new BufferedReader(Channels.newReader(guest, StandardCharsets.UTF_8));
    int understood = 0;
    String line = lines.readLine();
    while (line != null) {
      if (!line.isBlank()) {
        packages.add(line);
        understood++;
      }
      line = lines.readLine();
    }
    guest.write(StandardCharsets.UTF_8.encode("OK " + understood + "\n"));
  }

  @Override
  public void close() throws IOException {
    listener.close();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("Interrupted while the inventory server ended.");
    }
    IOException e = failure;
    if (e != null) {
      throw new IOException("The inventory server failed: " + e.getMessage(), e);
    }
  }
}
