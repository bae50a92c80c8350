package dev.vsocklab.ci.conformance;

import dev.vsocklab.spi.LabRequest;
import dev.vsocklab.spi.LabRequest.GuestRequest;
import java.util.List;

/** The guests of a case's lab. */
enum Guests {
  /** The guest with CID 42. */
  ONE,
  /** Guests 42 and 43, which do not reach each other: as with the kernel's vhost. */
  TWO,
  /** Guests 42 and 43, which reach each other: as with vhost-device-vsock. */
  SIBLINGS;

  static final long FIRST_CID = 42;
  static final long SECOND_CID = 43;

  /** What to ask of a backend. */
  LabRequest request(String name, String kernel) {
    GuestRequest first = new GuestRequest(FIRST_CID, false);
    GuestRequest second = new GuestRequest(SECOND_CID, false);
    return new LabRequest(
        name, kernel, this == ONE ? List.of(first) : List.of(first, second), this == SIBLINGS);
  }
}
