package dev.vsocklab;

import java.io.IOException;

/**
 * Whether a machine's programs may bind ports up to 1023, in Linux CAP_NET_BIND_SERVICE: a view of
 * a machine, see {@link Machine#as}. They may, unless a test takes it from them; the next lab's
 * machines may again.
 */
public interface PortPrivilege {

  /**
   * Gives or takes the privilege. Sockets that are bound already stay so.
   *
   * @param mayBind false: binding a port from 0 to 1023 gives EACCES
   * @throws IOException if the machine cannot be reached
   */
  void mayBindPrivilegedPorts(boolean mayBind) throws IOException;
}
