package dev.vsocklab.ci.differential;

import dev.vsocklab.qemu.agent.CallScripts;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Runs scenarios in one real kernel, both machines within it: dozens for one frame. */
final class ScriptRunner implements ScenarioRunner {
  private final String name;
  private final CallScripts kernel;
  private final PortRanges ports = new PortRanges();

  ScriptRunner(String name, CallScripts kernel) {
    this.name = name;
    this.kernel = kernel;
  }

  @Override
  public List<List<Outcome>> run(List<Scenario> scenarios) throws IOException {
    List<List<Outcome>> records = new ArrayList<>(scenarios.size());
    ByteBuffer frame = ByteBuffer.allocate(CallScripts.MAX_BYTES);
    for (Scenario scenario : scenarios) {
      if (frame.remaining() < ScriptCodec.lengthBytes(scenario)) {
        flush(frame, scenarios, records);
      }
      ScriptCodec.encode(scenario, ports.next(), frame);
    }
    flush(frame, scenarios, records);
    return records;
  }

  /** Runs what the frame holds: the scenarios that have no record yet. */
  private void flush(ByteBuffer frame, List<Scenario> scenarios, List<List<Outcome>> records)
      throws IOException {
    ByteBuffer answer = kernel.run(frame.flip());
    while (answer.hasRemaining()) {
      records.add(ScriptCodec.decode(scenarios.get(records.size()), answer));
    }
    frame.clear();
  }

  @Override
  public String name() {
    return name;
  }
}
