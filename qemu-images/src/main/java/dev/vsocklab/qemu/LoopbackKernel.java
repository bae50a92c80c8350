package dev.vsocklab.qemu;

import dev.vsocklab.VsockProvider;
import dev.vsocklab.spi.BackendLab;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** The kernel that plays all machines of one loopback lab: in a guest, or this machine's own. */
interface LoopbackKernel {

  /**
   * The kernel as one machine of the lab sees it.
   *
   * @param name the machine's, in messages
   * @throws IOException if it has no vsock to give
   */
  Views views(String name) throws IOException;

  /** What a failure report shows of it. */
  List<BackendLab.ReportSection> report();

  /** Ends what the lab had of it: every socket is closed. Closing again does nothing. */
  void close();

  /** What one machine has. */
  interface Views {
    /** Its channels and sockets. */
    VsockProvider vsock();

    /** As {@link dev.vsocklab.Machine#as}. */
    <T> Optional<T> as(Class<T> type);
  }
}
