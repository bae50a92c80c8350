package dev.vsocklab.qemu.vhost;

import dev.vsocklab.Errno;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockSocketOptions;
import dev.vsocklab.qemu.agent.AgentClient;
import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.KernelSocket;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;

/** Whether one kernel reaches another over vsock: a connection and a byte. */
final class VsockCheck {
  private static final Duration DEADLINE = Duration.ofSeconds(30);

  private VsockCheck() {}

  /**
   * Tries it.
   *
   * @param client who connects
   * @param serverCid what the client calls the server
   * @param server who listens, on a port that its kernel chooses
   * @throws ErrnoException what a call gave
   * @throws IOException if a machine is gone, or the byte did not arrive
   */
  static void connect(AgentClient client, long serverCid, AgentClient server)
      throws ErrnoException, IOException {
    KernelSocket listener = server.stream();
    KernelSocket socket = client.stream();
    listener.bind(VsockAddress.any(VsockAddress.PORT_ANY));
    listener.listen(1);
    socket.setOption(VsockSocketOptions.CONNECT_TIMEOUT, DEADLINE);
    socket.connect(
        VsockAddress.of(serverCid, listener.localAddress().port()), KernelSocket.FOREVER);
    KernelSocket accepted = listener.accept(DEADLINE.toNanos());
    if (accepted == null) {
      throw new ErrnoException(Errno.ETIMEDOUT);
    }
    socket.write(ByteBuffer.allocate(1), KernelSocket.NO_WAIT);
    if (accepted.read(ByteBuffer.allocate(1), DEADLINE.toNanos()) != 1) {
      throw new IOException("A byte from " + client.name() + " did not reach " + server.name());
    }
    accepted.close();
    socket.close();
    listener.close();
  }
}
