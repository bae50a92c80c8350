package dev.vsocklab.ci.conformance.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PagesTest {
  private static final Row FAILED = new Row("theme", "a-01", "a < b", "there");
  private static final Row MISSING = new Row("theme", "a-02", "does that", "there");
  private static final Column COLUMN = new Column("sim", "6.12", "guest → host");

  private final Matrix matrix = new Matrix(List.of(FAILED, MISSING), List.of(COLUMN));

  @Test
  void aFailureStandsInEveryPage(@TempDir Path folder) throws IOException {
    matrix.decide(FAILED, COLUMN, new Cell(Outcome.FAIL, "expected \"x\"\nlast packets"));

    Pages.write(matrix, folder);

    assertTrue(
        Files.readString(folder.resolve(Pages.JSON)).contains("expected \\\"x\\\"\\nlast packets"));
    assertTrue(Files.readString(folder.resolve(Pages.HTML)).contains("expected &quot;x&quot;"));
    String summary = Files.readString(folder.resolve(Pages.MARKDOWN));
    assertTrue(summary.contains("`a-01` a < b (everywhere): expected \"x\""));
    assertFalse(summary.contains("last packets"), "the summary has the first line alone");
  }

  @Test
  void whatIsMissingIsNamed() {
    matrix.decide(FAILED, COLUMN, Cell.PASS);

    assertTrue(new Summary(matrix).text().contains("- a-02 on sim, Linux 6.12, guest → host"));
    assertTrue(new Page(matrix).text().contains("<td class=\"undecided\">"));
    assertTrue(new Json(matrix).text().contains("null"));
  }

  @Test
  void whatACaseSaysIsTextAndNotMarkup() {
    assertTrue(new Page(matrix).text().contains("a &lt; b"));
  }

  @Test
  void controlCharactersAreEscapedInJson() {
    assertEquals("\"\\u0001\\t\\\\\"", Json.quoted("\u0001\t\\"));
  }
}
