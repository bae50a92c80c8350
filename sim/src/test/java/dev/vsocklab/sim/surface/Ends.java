package dev.vsocklab.sim.surface;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.vsocklab.Errno;
import dev.vsocklab.Lab;
import dev.vsocklab.Machine;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.sim.SimBackend;
import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.KernelSocket;
import dev.vsocklab.spi.LabRequest;
import dev.vsocklab.spi.LabRequest.GuestRequest;
import dev.vsocklab.spi.SocketLayer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.function.Executable;

/** A lab of one simulated kernel, with a guest's socket and the host's that are connected. */
final class Ends implements AutoCloseable {
  static final long GUEST = 42;
  private static final long PORT = 7000;

  final Lab lab;
  final KernelSocket client;
  final KernelSocket listener;
  final KernelSocket server;

  private Ends(String kernel, boolean seqpacket) throws Exception {
    lab =
        new SimBackend()
            .open(new LabRequest("ends", kernel, List.of(new GuestRequest(GUEST, false))));
    listener = open(lab.host(), seqpacket);
    listener.bind(VsockAddress.any(PORT));
    listener.listen(5);
    client = open(lab.guest(GUEST), seqpacket);
    client.connect(VsockAddress.host(PORT), KernelSocket.FOREVER);
    KernelSocket accepted = listener.accept(KernelSocket.NO_WAIT);
    assertNotNull(accepted);
    server = accepted;
  }

  static Ends stream(String kernel) throws Exception {
    return new Ends(kernel, false);
  }

  static Ends seqpacket(String kernel) throws Exception {
    return new Ends(kernel, true);
  }

  private static KernelSocket open(Machine machine, boolean seqpacket) throws Exception {
    SocketLayer sockets = machine.as(SocketLayer.class).orElseThrow();
    return seqpacket ? sockets.seqpacket() : sockets.stream();
  }

  static int send(KernelSocket socket, int lengthBytes) throws Exception {
    return socket.send(ByteBuffer.allocate(lengthBytes), 0, KernelSocket.NO_WAIT);
  }

  static int receive(KernelSocket socket, int roomBytes) throws Exception {
    return receive(socket, roomBytes, 0).lengthBytes();
  }

  static KernelSocket.Received receive(KernelSocket socket, int roomBytes, int flags)
      throws Exception {
    return socket.receive(ByteBuffer.allocate(roomBytes), flags, KernelSocket.NO_WAIT);
  }

  /** Sends until there is no credit. */
  static int fill(KernelSocket socket) throws Exception {
    int total = 0;
    int step = send(socket, 1 << 20);
    while (step > 0) {
      total += step;
      step = send(socket, 1 << 20);
    }
    return total;
  }

  static void failure(Errno errno, Executable call) {
    assertEquals(errno, assertThrows(ErrnoException.class, call).errno());
  }

  @Override
  public void close() throws IOException {
    lab.close();
  }
}
