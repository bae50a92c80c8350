package dev.vsocklab.ci.gallery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.vsocklab.VsockFailure;
import dev.vsocklab.VsockSocketException;
import dev.vsocklab.sim.Simulation;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/**
 * ECONNRESET taken for the end. A guest downloads a file that ends with the connection. When the
 * connection is reset half-way, the broken guest keeps a torn file and is content.
 */
final class IgnoredReset {

  /** The guest's side. */
  interface Download {
    /**
     * The whole file.
     *
     * @throws IOException if it did not get it
     */
    byte[] from(SocketChannel host) throws IOException;
  }

  static final class Broken implements Download {
    @Override
    public byte[] from(SocketChannel host) throws IOException {
      ByteArrayOutputStream file = new ByteArrayOutputStream();
      try {
        copy(host, file);
      } catch (VsockSocketException e) {
        // "connection reset": the host has closed it
      }
      return file.toByteArray();
    }
  }

  static final class Fixed implements Download {
    @Override
    public byte[] from(SocketChannel host) throws IOException {
      ByteArrayOutputStream file = new ByteArrayOutputStream();
      copy(host, file);
      return file.toByteArray();
    }
  }

  private IgnoredReset() {}

  private static void copy(SocketChannel host, ByteArrayOutputStream file) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(1000);
    while (host.read(buffer.clear()) >= 0) {
      file.write(buffer.array(), 0, buffer.position());
    }
  }

  /** A guest has the whole file, or it knows that it has not. */
  static void property(Simulation simulation, Download download) throws Exception {
    byte[] file = new byte[simulation.choices().stream("file").draw(5000)];
    ServerSocketChannel listener = Wire.listen(simulation.host().vsock());
    simulation.spawnDaemon(
        "host",
        () ->
            Servers.serveAll(
                simulation, listener, guest -> Wire.writeAll(guest, ByteBuffer.wrap(file))));
    Chaos.resetTransportOnce(simulation);
    try (SocketChannel host = Wire.connectToHost(simulation.guest(42).vsock())) {
      assertEquals(file.length, download.from(host).length, "bytes of the file");
    } catch (IOException e) {
      assertInstanceOf(VsockFailure.class, e); // it knows
    }
  }
}
