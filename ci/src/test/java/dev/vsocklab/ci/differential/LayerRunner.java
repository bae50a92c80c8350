package dev.vsocklab.ci.differential;

import dev.vsocklab.VsockAddress;
import dev.vsocklab.spi.SocketLayer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs scenarios over the socket layers of one or two machines, call by call. Knows no backend;
 * whoever makes it says how the machines come to rest after a call.
 */
final class LayerRunner implements ScenarioRunner {

  /** Returns once nothing moves any more between the machines. */
  interface Rest {
    void await() throws IOException;
  }

  private final String name;
  private final Side a;
  private final Side b;
  private final Rest rest;
  private final PortRanges ports = new PortRanges();

  /**
   * One machine's part of it.
   *
   * @param layer its sockets
   * @param cid its own CID
   * @param peerCid the other machine's
   */
  record Side(SocketLayer layer, long cid, long peerCid) {}

  LayerRunner(String name, Side a, Side b, Rest rest) {
    this.name = name;
    this.a = a;
    this.b = b;
    this.rest = rest;
  }

  /** Both machines are one, over its loopback, and at rest whenever a call returns. */
  static LayerRunner loopback(String name, SocketLayer layer) {
    Side only = new Side(layer, VsockAddress.CID_LOCAL, VsockAddress.CID_LOCAL);
    return new LayerRunner(name, only, only, () -> {});
  }

  @Override
  public List<List<Outcome>> run(List<Scenario> scenarios) throws IOException {
    List<List<Outcome>> records = new ArrayList<>(scenarios.size());
    for (Scenario scenario : scenarios) {
      try (LayerRun run = new LayerRun(a, b, rest, new PortBook(ports.next()))) {
        List<Outcome> outcomes = new ArrayList<>(scenario.steps().size());
        for (Step step : scenario.steps()) {
          outcomes.add(run.step(step));
        }
        records.add(outcomes);
      }
    }
    return records;
  }

  @Override
  public String name() {
    return name;
  }
}
