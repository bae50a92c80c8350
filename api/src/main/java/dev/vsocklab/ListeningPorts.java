package dev.vsocklab;

import java.io.IOException;

/**
 * Which vsock ports of a machine have a listener: a view of a machine, see {@link Machine#as}. A
 * look disturbs nobody, where a connect that only tries would reach the program as a connection.
 *
 * <p>Source: on a real kernel, {@code sock_diag(7)} with Linux's {@code vsock_diag}.
 */
public interface ListeningPorts {

  /**
   * Whether a socket of the machine listens on a port now.
   *
   * @param port the port, 0 to 4294967294
   * @return true from {@code listen} to the socket's close
   * @throws IOException if the machine cannot be reached or does not tell
   */
  boolean isListening(long port) throws IOException;
}
