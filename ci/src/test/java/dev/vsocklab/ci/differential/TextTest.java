package dev.vsocklab.ci.differential;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.ci.differential.ScenarioGenerator.Topology;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Scenarios and outcomes as text and as the agent's bytes. */
class TextTest {
  private static final List<Scenario> SCENARIOS =
      LongStream.range(0, 300)
          .mapToObj(new ScenarioGenerator(Topology.LOOPBACK)::generate)
          .toList();

  @Test
  void aScenarioIsReadAsItWasWritten() {
    for (Scenario scenario : SCENARIOS) {
      assertEquals(scenario, Scenario.parse(scenario.toString()));
    }
  }

  @Test
  void anOutcomeIsReadAsItWasWritten() throws IOException {
    try (Machines machines = Machines.simulator("6.12")) {
      List<List<Outcome>> records = machines.simulated().run(SCENARIOS);
      for (int i = 0; i < SCENARIOS.size(); i++) {
        for (int step = 0; step < records.get(i).size(); step++) {
          Call call = SCENARIOS.get(i).steps().get(step).call();
          Outcome outcome = records.get(i).get(step);
          assertEquals(outcome, OutcomeText.parse(call, OutcomeText.write(call, outcome)));
        }
      }
    }
  }

  @Test
  void theWordsAreThose() {
    List<String> words =
        List.of(
            "A0 socket seqpacket",
            "A0 bind any p15",
            "A3 listen -1",
            "B0 connect 1 port-of-A2 dontwait",
            "B0 connect 42 any",
            "A0 accept A1",
            "B3 send 65537 dontwait eor",
            "A1 receive 0 peek trunc waitall",
            "A1 shutdown both",
            "A1 set buffer-max-size -1",
            "A1 get receive-low-water",
            "A1 take-error");
    words.forEach(text -> assertEquals(text, StepText.parse(text).toString()));
  }

  @Test
  void aSlipIsNamed() {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> StepText.parse("C0 close"));
    assertTrue(String.valueOf(e.getMessage()).contains("\"C0\" is no slot"), e.getMessage());
    assertThrows(IllegalArgumentException.class, () -> StepText.parse("A0 bind any"));
    assertThrows(IllegalArgumentException.class, () -> StepText.parse("A0 close now"));
    assertThrows(IllegalArgumentException.class, () -> StepText.parse("A0 send 1 often"));
  }

  @Test
  void theAgentsBytesAreThose() {
    Scenario scenario = Scenario.parse("B1 connect 1 p3\nA0 set buffer-size -1");
    ByteBuffer bytes = ByteBuffer.allocate(ScriptCodec.lengthBytes(scenario));

    ScriptCodec.encode(scenario, 7000, bytes);

    ByteBuffer expected = ByteBuffer.allocate(48).order(ByteOrder.LITTLE_ENDIAN);
    expected.putInt(7000).putInt(2);
    expected.putShort((short) 4).putShort((short) 5).putInt(1).putInt(3).putLong(1);
    expected.putShort((short) 10).putShort((short) 0).putInt(0).putInt(0).putLong(-1);
    assertEquals(expected.flip(), bytes.flip());
  }

  @Test
  void theAgentsOutcomesAreThose() {
    ByteBuffer bytes = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(-104).putInt(0).putLong(0).put((byte) 0x83).put(4, (byte) 0).position(24);

    Outcome outcome = ScriptCodec.decode(Scenario.parse("A0 close"), bytes.flip()).get(0);

    assertEquals(Outcome.OPEN | Outcome.IN | Outcome.OUT, outcome.readinessOf(0));
    assertEquals(0, outcome.readinessOf(1));
  }
}
