package dev.vsocklab.ci.bench;

import dev.vsocklab.Lab;
import dev.vsocklab.Machine;
import dev.vsocklab.qemu.VhostUserBackend;
import dev.vsocklab.spi.LabRequest;
import java.io.IOException;
import java.util.List;

/** A lab with one real guest, started for this lab alone. */
final class RealGuest {
  private static final long CID = 42;

  private final VhostUserBackend backend = new VhostUserBackend();
  private final String kernel;

  RealGuest(String kernel) {
    this.kernel = kernel;
  }

  Lab start() throws IOException {
    LabRequest.GuestRequest guest = new LabRequest.GuestRequest(CID, true);
    return backend.open(new LabRequest("bench", kernel, List.of(guest)));
  }

  static Machine of(Lab lab) {
    return lab.guest(CID);
  }

  void close() {
    backend.close();
  }
}
