package dev.vsocklab.ci.differential;

import dev.vsocklab.Errno;
import dev.vsocklab.Lab;
import dev.vsocklab.Machine;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.ci.differential.LayerRunner.Side;
import dev.vsocklab.qemu.VhostUserBackend;
import dev.vsocklab.sim.SimBackend;
import dev.vsocklab.sim.connection.CellVisits;
import dev.vsocklab.sim.connection.Row;
import dev.vsocklab.sim.wire.Op;
import dev.vsocklab.spi.BackendLab;
import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.KernelSocket;
import dev.vsocklab.spi.LabRequest;
import dev.vsocklab.spi.SocketLayer;
import java.io.IOException;
import java.util.List;

/**
 * A host and a guest, twice: the guest a real kernel on the simulated host's virtio device, and
 * both simulated. So the guest's transport is held against the kernel's, too.
 */
final class TwoMachines implements AutoCloseable {
  private static final long GUEST = 42;

  /** A port that no scenario binds. */
  private static final long FENCE_PORT = 1;

  private final VhostUserBackend backend;
  private final BackendLab simulator;
  private final BackendLab real;
  private final String series;

  private TwoMachines(
      String series, VhostUserBackend backend, BackendLab simulator, BackendLab real) {
    this.backend = backend;
    this.series = series;
    this.simulator = simulator;
    this.real = real;
  }

  static TwoMachines of(String series) throws IOException {
    LabRequest request =
        new LabRequest("differential", series, List.of(new LabRequest.GuestRequest(GUEST, false)));
    VhostUserBackend backend = new VhostUserBackend();
    try {
      return new TwoMachines(
          series, backend, new SimBackend().open(request), backend.open(request));
    } catch (IOException e) {
      backend.close();
      throw e;
    }
  }

  Duel duel() {
    return new Duel(
        runner("Linux " + series + " as guest", real, this::awaitRest),
        runner("simulator as " + series, simulator, () -> {}));
  }

  private static LayerRunner runner(String name, Lab lab, LayerRunner.Rest rest) {
    Machine host = lab.host();
    Machine guest = lab.guest(GUEST);
    return new LayerRunner(
        name,
        new Side(sockets(host), host.cid(), guest.cid()),
        new Side(sockets(guest), guest.cid(), host.cid()),
        rest);
  }

  private static SocketLayer sockets(Machine machine) {
    return machine.as(SocketLayer.class).orElseThrow();
  }

  /**
   * The host is at rest whenever a call returns. A connect of the guest to a port that nobody has
   * is a fence: its REQUEST goes through the one queue behind all that the guest sent, the RST
   * through the other behind all that the host sent. If nothing but itself came to the host
   * meanwhile, there is no more.
   */
  private void awaitRest() throws IOException {
    long before;
    do {
      before = packetsAtHost();
      fence();
    } while (packetsAtHost() != before + 1);
  }

  private void fence() throws IOException {
    KernelSocket socket;
    try {
      socket = sockets(real.guest(GUEST)).stream();
    } catch (ErrnoException e) {
      throw new IOException("The guest has no more sockets: " + e.getMessage(), e);
    }
    try {
      socket.connect(VsockAddress.host(FENCE_PORT), KernelSocket.FOREVER);
      throw new IllegalStateException("Somebody listens on the host's port " + FENCE_PORT + ".");
    } catch (ErrnoException e) {
      if (e.errno() != Errno.ECONNRESET) {
        throw new IOException("The host does not answer its guest: " + e.getMessage(), e);
      }
    } finally {
      socket.close();
    }
  }

  private long packetsAtHost() {
    CellVisits visits = real.host().as(CellVisits.class).orElseThrow();
    long sum = 0;
    for (Row row : Row.values()) {
      for (Op op : Op.values()) {
        sum += visits.count(row, op);
      }
    }
    return sum;
  }

  @Override
  public void close() throws IOException {
    try (backend;
        simulator;
        real) {
      // closed in the order: labs first
    }
  }
}
