package dev.vsocklab.ci.conformance.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes the matrix for a program, for a browser and for a terminal. */
public final class Pages {
  /** For a program. */
  public static final String JSON = "matrix.json";

  /** For a browser. */
  public static final String HTML = "index.html";

  /** For a terminal. */
  public static final String MARKDOWN = "summary.md";

  private Pages() {}

  /** Writes {@link #JSON}, {@link #HTML} and {@link #MARKDOWN} into a folder. */
  public static void write(Matrix matrix, Path folder) throws IOException {
    Files.createDirectories(folder);
    Files.writeString(folder.resolve(JSON), new Json(matrix).text());
    Files.writeString(folder.resolve(HTML), new Page(matrix).text());
    Files.writeString(folder.resolve(MARKDOWN), new Summary(matrix).text());
  }
}
