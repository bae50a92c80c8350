package dev.vsocklab.containers;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The texts that this module carries as resources. */
final class Scripts {

  /** Runs beside the JVM: see {@link Lifeline}. */
  static final String LIFELINE = text("lifeline.sh");

  /** Runs in the container, as its first process. */
  static final String WATCHDOG = text("watchdog.sh");

  /** The image for users with a registry. */
  static final String DOCKERFILE = text("Dockerfile");

  private Scripts() {}

  /** A resource beside this class. */
  static String text(String name) {
    try (InputStream in = Scripts.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(
            "This jar lacks its resource " + name + ". Build it again.");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
