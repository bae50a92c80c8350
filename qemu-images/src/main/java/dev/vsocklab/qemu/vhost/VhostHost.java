package dev.vsocklab.qemu.vhost;

import dev.vsocklab.qemu.agent.AgentClient;
import dev.vsocklab.spi.BackendLab.ReportSection;
import java.io.IOException;
import java.util.List;

/** A kernel with vhost_vsock and the guests that run on it, lent to one lab at a time. */
public interface VhostHost extends AutoCloseable {

  /**
   * The host's sockets and programs.
   *
   * @return its agent, always the same
   */
  AgentClient agent();

  /**
   * The guests.
   *
   * @return in the order in which their CIDs were asked for
   */
  List<? extends VhostGuest> guests();

  /**
   * Makes host and guests as new for the next lab: no sockets, no programs.
   *
   * @return false if they cannot serve another lab and must be closed
   */
  boolean clean();

  /**
   * Whether another lab can have them.
   *
   * @return false if one of them was ended
   */
  boolean isUsable();

  /**
   * What a failed test wants to know of them.
   *
   * @return consoles and logs
   */
  List<ReportSection> report();

  /**
   * Ends them. Closing again does nothing.
   *
   * @throws IOException if one does not end
   */
  @Override
  void close() throws IOException;
}
