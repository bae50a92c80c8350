package dev.vsocklab.ci.differential;

import dev.vsocklab.Machine;
import dev.vsocklab.qemu.LoopbackBackend;
import dev.vsocklab.qemu.agent.CallScripts;
import dev.vsocklab.sim.SimBackend;
import dev.vsocklab.sim.connection.CellVisits;
import dev.vsocklab.spi.BackendLab;
import dev.vsocklab.spi.LabRequest;
import dev.vsocklab.spi.SocketLayer;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The two sides of one duel: a kernel in a guest, and the simulator as that kernel. */
final class Machines implements AutoCloseable {
  private final BackendLab simulator;
  private final @Nullable LoopbackBackend backend;
  private final @Nullable BackendLab kernel;
  private final String series;

  private Machines(String series, @Nullable LoopbackBackend backend, @Nullable BackendLab kernel) {
    this.series = series;
    this.backend = backend;
    this.kernel = kernel;
    this.simulator = new SimBackend().openLoopback(series);
  }

  /** The simulator alone, as one kernel of several. */
  static Machines simulator(String series) {
    return new Machines(series, null, null);
  }

  /** Boots that kernel. */
  static Machines both(String series) throws IOException {
    LoopbackBackend backend = LoopbackBackend.inGuests();
    try {
      return new Machines(series, backend, backend.open(request(series)));
    } catch (IOException e) {
      backend.close();
      throw e;
    }
  }

  private static LabRequest request(String series) {
    return new LabRequest("differential", series, List.of(new LabRequest.GuestRequest(42, false)));
  }

  ScenarioRunner simulated() {
    return LayerRunner.loopback(
        "simulator as " + series, view(simulator.host(), SocketLayer.class));
  }

  ScenarioRunner real() {
    if (kernel == null) {
      throw new IllegalStateException("Only the simulator was asked for.");
    }
    return new ScriptRunner("Linux " + series, view(kernel.host(), CallScripts.class));
  }

  /** What the simulator's connection table met so far. */
  CellVisits visits() {
    return view(simulator.host(), CellVisits.class);
  }

  Duel duel() {
    return new Duel(real(), simulated());
  }

  private static <T> T view(Machine machine, Class<T> type) {
    return machine
        .as(type)
        .orElseThrow(() -> new IllegalStateException(machine + " offers no " + type));
  }

  @Override
  public void close() throws IOException {
    try (simulator) {
      if (kernel != null) {
        kernel.close();
      }
    } finally {
      if (backend != null) {
        backend.close();
      }
    }
  }
}
