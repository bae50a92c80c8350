package dev.vsocklab.ci.differential;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Scenarios and outcomes as the guest's {@code call-script.c} reads and writes them. */
final class ScriptCodec {
  private static final int SCRIPT_BYTES = 8;
  private static final int STEP_BYTES = 20;

  private ScriptCodec() {}

  static int lengthBytes(Scenario scenario) {
    return SCRIPT_BYTES + scenario.steps().size() * STEP_BYTES;
  }

  static void encode(Scenario scenario, int firstPort, ByteBuffer to) {
    to.order(ByteOrder.LITTLE_ENDIAN).putInt(firstPort).putInt(scenario.steps().size());
    for (Step step : scenario.steps()) {
      to.putShort((short) step.call().number()).putShort((short) step.slot());
      to.putInt(step.x()).putInt(step.y()).putLong(step.z());
    }
  }

  static List<Outcome> decode(Scenario scenario, ByteBuffer from) {
    List<Outcome> outcomes = new ArrayList<>(scenario.steps().size());
    for (int i = 0; i < scenario.steps().size(); i++) {
      outcomes.add(new Outcome(from.getInt(), from.getInt(), from.getLong(), from.getLong()));
    }
    return outcomes;
  }
}
