package dev.vsocklab.qemu.launch;

import static dev.vsocklab.qemu.testing.Failures.assertSays;
import static dev.vsocklab.qemu.testing.Failures.messageOf;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {

  @Test
  void aMessageOfQemuIsRead() throws IOException {
    Map<String, ?> message =
        Json.object(
            " {\"return\": {\"running\": true, \"list\": [1, -2.5e1, \"a\\u0041\\n\\\"\"]},"
                + " \"id\": 7, \"none\": null, \"empty\": {}, \"nothing\": []}\r");

    assertEquals(7.0, message.get("id"));
    assertEquals(
        Map.of("running", true, "list", List.of(1.0, -25.0, "aA\n\"")), message.get("return"));
    assertNull(message.get("none"));
    assertEquals(Map.of(), message.get("empty"));
    assertEquals(List.of(), message.get("nothing"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "{\"a\"",
        "{\"a\":",
        "{\"a\": 1",
        "{\"a\": 1,}",
        "{a: 1}",
        "{\"a\": maybe}",
        "{\"a\": \"b}",
        "{\"a\": \"\\u00g0\"}",
        "{\"a\": \"\\",
        "[]",
        "{} {}",
        "{\"a\": [1, 2}"
      })
  void whatIsNotAnObjectIsRefused(String text) {
    assertSays(messageOf(IOException.class, () -> Json.object(text)), "Not JSON at character ");
  }

  @Test
  void nestingIsBounded() {
    String text = "{\"a\": ".repeat(100_000);

    assertSays(messageOf(IOException.class, () -> Json.object(text)), "nested more than 64 deep");
  }
}
