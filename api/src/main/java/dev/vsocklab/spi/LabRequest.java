package dev.vsocklab.spi;

import dev.vsocklab.VsockAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What one test asks of a backend.
 *
 * @param name the test, for reports
 * @param kernel one of {@link Backend#kernels}, or the empty string
 * @param guests the guests, in the order in which the test named them
 * @param siblings whether guests reach each other through the host's device, as with
 *     vhost-device-vsock; the kernel's vhost drops what one guest sends to another
 */
public record LabRequest(String name, String kernel, List<GuestRequest> guests, boolean siblings) {

  /**
   * A lab whose guests reach the host alone.
   *
   * @param name the test
   * @param kernel the kernel series
   * @param guests the guests
   */
  public LabRequest(String name, String kernel, List<GuestRequest> guests) {
    this(name, kernel, guests, false);
  }

  /**
   * Checks the guests' CIDs.
   *
   * @param name the test
   * @param kernel the kernel series
   * @param guests the guests
   * @param siblings whether guests reach each other
   * @throws IllegalArgumentException if two guests ask for one CID, or a CID is not a guest's
   */
  public LabRequest {
    guests = List.copyOf(guests);
    Set<Long> seen = new HashSet<>();
    for (GuestRequest guest : guests) {
      if (!seen.add(guest.cid())) {
        throw new IllegalArgumentException(
            "Two guests ask for CID " + guest.cid() + ". Give each @Guest of a test its own CID.");
      }
    }
  }

  /**
   * One guest.
   *
   * @param cid its CID, 3 to 4294967294
   * @param fresh whether it must be booted for this test alone
   * @param kernel its kernel series, one of {@link Backend#kernels}; the empty string for the lab's
   * @param memoryMib its memory in MiB; 0 for what the backend gives. Machines without memory of
   *     their own take any
   * @param files what appears in its file system, in this order; machines without one have none
   * @param programs what runs in it before the test, in this order: each is started once the one
   *     before has come as far as its {@link ProgramRequest#until} says
   */
  public record GuestRequest(
      long cid,
      boolean fresh,
      String kernel,
      int memoryMib,
      List<FilesRequest> files,
      List<ProgramRequest> programs) {

    /**
     * Checks the numbers.
     *
     * @param cid its CID
     * @param fresh whether it is booted for this test alone
     * @param kernel its kernel series, or the empty string
     * @param memoryMib its memory in MiB, or 0
     * @param files its files
     * @param programs its programs
     * @throws IllegalArgumentException if the CID is not a guest's, or the memory is no size
     */
    public GuestRequest {
      if (cid <= VsockAddress.CID_HOST || cid >= VsockAddress.CID_ANY) {
        throw new IllegalArgumentException(
            "CID "
                + cid
                + " is not a guest's: 0, 1, 2 and 4294967295 are reserved. Choose 3 to"
                + " 4294967294, for example @Guest(42).");
      }
      if (memoryMib < 0) {
        throw new IllegalArgumentException(
            "A guest cannot have "
                + memoryMib
                + " MiB of memory. Write for example @Guest(value = "
                + cid
                + ", memoryMib = 512).");
      }
      files = List.copyOf(files);
      programs = List.copyOf(programs);
    }

    /**
     * A guest as the backend has it, with nothing in it.
     *
     * @param cid its CID
     * @param fresh whether it is booted for this test alone
     * @throws IllegalArgumentException if the CID is not a guest's
     */
    public GuestRequest(long cid, boolean fresh) {
      this(cid, fresh, "", 0, List.of(), List.of());
    }

    /**
     * The kernel series that this guest runs.
     *
     * @param labKernel the lab's
     * @return its own, or else the lab's
     */
    public String kernelOr(String labKernel) {
      return kernel.isEmpty() ? labKernel : kernel;
    }
  }

  /**
   * A file, or a folder with all that is in it, for a guest.
   *
   * @param source what is there now; of any file system, such as one over a jar
   * @param guestPath where it appears, absolute; a folder's contents appear below it
   */
  public record FilesRequest(Path source, String guestPath) {}

  /**
   * A program of a guest.
   *
   * @param arguments its absolute path in the guest, then its arguments
   * @param until how far it must have come before the test begins
   * @param deadline how long that may take
   */
  public record ProgramRequest(List<String> arguments, Until until, Duration deadline) {

    /**
     * Copies the arguments.
     *
     * @param arguments path and arguments
     * @param until how far it must have come
     * @param deadline how long that may take
     * @throws IllegalArgumentException if there is no path, or it is not absolute
     */
    public ProgramRequest {
      arguments = List.copyOf(arguments);
      if (arguments.isEmpty() || !arguments.get(0).startsWith("/")) {
        throw new IllegalArgumentException(
            "A guest's program needs its absolute path there, not "
                + arguments
                + ": no shell searches for it. Write for example {\"/opt/agent\", \"--port\","
                + " \"7000\"}.");
      }
    }
  }

  /** How far a program has come. */
  public sealed interface Until {

    /** It was started: that is enough. */
    Until STARTED = new Started();

    /** It was started. */
    record Started() implements Until {
      @Override
      public String toString() {
        return "it was started";
      }
    }

    /**
     * It printed something.
     *
     * @param pattern what is to be found on its standard output or its standard error
     */
    record Printed(Pattern pattern) implements Until {
      @Override
      public String toString() {
        return "it printed \"" + pattern + "\"";
      }
    }

    /**
     * Somebody in the guest listens on a vsock port. No connection is made to find that out.
     *
     * @param port the port
     */
    record Listening(long port) implements Until {
      @Override
      public String toString() {
        return "it listened on vsock port " + port;
      }
    }

    /**
     * It ended.
     *
     * @param status its exit status, 0 to 255; another one is a failure
     */
    record Exited(int status) implements Until {
      @Override
      public String toString() {
        return "it ended with status " + status;
      }
    }
  }
}
