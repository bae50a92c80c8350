package dev.vsocklab.qemu.vhostuser;

import dev.vsocklab.linux.Fd;
import dev.vsocklab.linux.UnixConnection;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * What the device asks of QEMU, over the connection that SET_BACKEND_REQ_FD brings.
 *
 * <p>Source: vhost-user.rst, "Back-end message types".
 */
final class BackendRequests implements AutoCloseable {
  private static final int HEADER_BYTES = 12;
  private static final int CONFIG_CHANGE_MSG = 2;
  private static final int VERSION = 1;

  private final UnixConnection connection;

  /** Over a socket, which belongs to this object from now on. */
  BackendRequests(Fd socket) {
    connection = new UnixConnection(socket);
  }

  /** Says that the configuration has changed; QEMU then reads it again. */
  void configurationChanged() throws IOException {
    ByteBuffer message =
        ByteBuffer.allocateDirect(HEADER_BYTES)
            .order(ByteOrder.nativeOrder())
            .putInt(CONFIG_CHANGE_MSG)
            .putInt(VERSION) // no answer is asked for
            .putInt(0)
            .flip();
    connection.send(message, List.of());
  }

  @Override
  public void close() {
    connection.close();
  }
}
