package dev.vsocklab.junit;

import dev.vsocklab.sim.choice.Choices;
import dev.vsocklab.sim.choice.ReplayFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Which one run somebody wants to have again.
 *
 * @param text how they said it
 * @param seed the seed; where there is a file, the one that it was found with
 * @param file the recorded run, if they named a file
 */
record Replay(String text, long seed, Optional<ReplayFile> file) {

  static final String PROPERTY = "vsocklab.replay";

  /**
   * Reads the system property, or else the configuration parameter.
   *
   * @throws ExtensionConfigurationException if it is neither a seed nor a replay file
   */
  static Optional<Replay> of(ExtensionContext context) {
    return Optional.ofNullable(System.getProperty(PROPERTY))
        .filter(text -> !text.isBlank())
        .or(() -> context.getConfigurationParameter(PROPERTY))
        .filter(text -> !text.isBlank())
        .map(text -> parse(text.strip()));
  }

  private static Replay parse(String text) {
    Optional<Path> path = existing(text);
    try {
      if (path.isEmpty()) {
        return new Replay(text, Choices.parseSeed(text), Optional.empty());
      }
      ReplayFile file = ReplayFile.parse(Files.readString(path.get()), text);
      return new Replay(text, file.seed(), Optional.of(file));
    } catch (IllegalArgumentException e) {
      String noFile = path.isEmpty() ? " And there is no file of that name to replay." : "";
      throw new ExtensionConfigurationException(PROPERTY + ": " + e.getMessage() + noFile, e);
    } catch (IOException e) {
      throw new ExtensionConfigurationException(
          "%s=%s cannot be read: %s. Name a replay file, or a seed."
              .formatted(PROPERTY, text, e.getMessage()),
          e);
    }
  }

  private static Optional<Path> existing(String text) {
    try {
      return Optional.of(Path.of(text)).filter(Files::exists);
    } catch (InvalidPathException e) {
      return Optional.empty(); // then it should be a seed
    }
  }
}
