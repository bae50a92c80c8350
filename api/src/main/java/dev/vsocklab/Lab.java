package dev.vsocklab;

import dev.vsocklab.fault.Fault;
import dev.vsocklab.fault.InjectedFault;
import java.io.IOException;
import java.util.List;

/**
 * One host and its guests, for the length of one test. Whatever was opened on its machines is
 * closed with it, and nothing of it can be seen from another lab.
 */
public interface Lab extends AutoCloseable {

  /**
   * The host.
   *
   * @return CID 2
   */
  Machine host();

  /**
   * A guest.
   *
   * @param cid the guest's CID
   * @return the guest
   * @throws IllegalArgumentException if this lab has no such guest; the message lists those it has
   */
  Machine guest(long cid);

  /**
   * All guests, in the order in which the test named them.
   *
   * @return an unmodifiable list
   */
  List<Machine> guests();

  /**
   * Lets something go wrong until the result is closed: {@code try (var fault = lab.inject(...))}.
   *
   * @param fault what and where, see {@link dev.vsocklab.fault.Faults}
   * @return the fault in this lab
   * @throws UnsupportedOperationException if this backend cannot do that, with the reason
   * @throws IllegalArgumentException if the fault must name a machine and names none of this lab
   * @throws IOException if a real guest cannot be reached for that
   */
  default InjectedFault inject(Fault fault) throws IOException {
    throw new UnsupportedOperationException(
        "This lab cannot inject "
            + fault
            + ". Both its ends are real kernels; run the test on sim or vhost-user.");
  }

  /**
   * Closes everything that was opened on the lab's machines. Closing again does nothing.
   *
   * @throws IOException if a machine did not end cleanly; everything was closed all the same
   */
  @Override
  void close() throws IOException;
}
