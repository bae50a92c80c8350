package dev.vsocklab.spi;

import dev.vsocklab.VsockAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

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
   */
  public record GuestRequest(long cid, boolean fresh) {

    /**
     * Checks the CID.
     *
     * @param cid its CID
     * @param fresh whether it is booted for this test alone
     * @throws IllegalArgumentException if it is not a guest's
     */
    public GuestRequest {
      if (cid <= VsockAddress.CID_HOST || cid >= VsockAddress.CID_ANY) {
        throw new IllegalArgumentException(
            "CID "
                + cid
                + " is not a guest's: 0, 1, 2 and 4294967295 are reserved. Choose 3 to"
                + " 4294967294, for example @Guest(42).");
      }
    }
  }
}
