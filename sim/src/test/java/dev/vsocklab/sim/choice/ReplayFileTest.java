package dev.vsocklab.sim.choice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReplayFileTest {
  private static final String GOOD =
      """
      vsocklab-replay 1
      test com.example.A.b
      seed 17
      # two lines
      # for people
      stream faults 1 3
      stream schedule 0*12 2 0 1
      end
      """;

  private static ReplayFile parsed(String text) {
    return ReplayFile.parse(text, "some.file");
  }

  @Test
  void aFileIsReadAsItWasWritten() {
    ReplayFile file = parsed(GOOD);
    assertEquals("com.example.A.b", file.testId());
    assertEquals(17, file.seed());
    assertEquals(List.of("faults", "schedule"), file.choices().streams());
    assertEquals(GOOD, file.text(List.of("two lines\nfor people")));
  }

  @Test
  void aLongStreamGoesOnInFurtherLines() {
    Choices choices = Choices.ofSeed(3);
    for (int i = 0; i < 100; i++) {
      int drawn = choices.stream("a").draw(1000);
      int rare = choices.stream("rare").chance(0.05) ? 1 : 0;
      assertTrue(drawn >= 0 && rare >= 0);
    }
    ReplayFile file = new ReplayFile("A.b", -5, choices.recorded());
    String text = file.text(List.of());
    assertTrue(text.lines().filter(line -> line.startsWith("stream a ")).count() > 3, text);
    assertEquals(file, parsed(text));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "vsocklab-replay 1 | hello             | its first line is not \"vsocklab-replay 1\"",
        "vsocklab-replay 1 | vsocklab-replay 2 | it is of version 2, and this vsocklab reads",
        "seed 17           | seed abc          | \"abc\" is not a seed",
        "end               | # nothing         | it has no line \"end\", so it was cut off",
        "stream faults 1 3 | strem faults 1 3  | line 6 begins with \"strem\"",
        "stream faults 1 3 | stream            | line 6 names no stream",
        "faults 1 3        | faults 1 -3       | in line 6 \"-3\" is not a number from 0",
        "0*12              | 0*x               | in line 7 \"x\" is not a number from 0",
        "0*12              | 0*999999999999    | in line 7 \"999999999999\" is not a number",
      })
  void aBadFileSaysWhatIsWrongWithIt(String good, String bad, String complaint) {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> parsed(GOOD.replace(good, bad)));
    assertTrue(String.valueOf(e.getMessage()).contains(complaint), e::getMessage);
  }

  @Test
  void anEmptyFileIsNone() {
    assertThrows(IllegalArgumentException.class, () -> parsed(""));
  }

  @Test
  void anotherTestsFileNamesBoth() {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () -> parsed(GOOD).checkTest("com.example.C.d", "some.file"));
    assertEquals(
        "some.file holds a run of com.example.A.b, but the test is com.example.C.d. Run that test"
            + " alone, or give this one a replay file of its own.",
        e.getMessage());
  }
}
