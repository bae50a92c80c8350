package dev.vsocklab.qemu;

import dev.vsocklab.VsockProvider;
import dev.vsocklab.spi.BackendLab;
import dev.vsocklab.spi.LabRequest;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** The kernel that plays all machines of one loopback lab: in a guest, or this machine's own. */
interface LoopbackKernel {

  /**
   * The kernel as one machine of the lab sees it.
   *
   * @param name the machine's, in messages
   * @throws IOException if it has no vsock to give
   */
  Views views(String name) throws IOException;

  /**
   * Brings in what a machine of the lab wants: files and programs.
   *
   * @throws IOException if one cannot be brought in, or this kernel takes none
   */
  void setUp(LabRequest.GuestRequest guest) throws IOException;

  /** As {@link BackendLab#whenBroken}. */
  void whenBroken(Consumer<String> listener);

  /** What a failure report shows of it. */
  List<BackendLab.ReportSection> report();

  /**
   * Ends what the lab had of it: every socket is closed. Closing again does nothing.
   *
   * @throws IOException if it ended by itself, with its last words
   */
  void close() throws IOException;

  /** What one machine has. */
  interface Views {
    /** Its channels and sockets. */
    VsockProvider vsock();

    /** As {@link dev.vsocklab.Machine#as}. */
    <T> Optional<T> as(Class<T> type);
  }
}
