package dev.vsocklab.junit;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;

/**
 * One try of a property that somebody wants to have again, as its failure named it: {@code
 * -Dvsocklab.replay=-4711@17}. jqwik's seed says which samples there were; the try's number is the
 * seed of everything else. jqwik shrinks it again, to the same sample.
 *
 * @param jqwikSeed the seed of the samples, as jqwik writes it
 * @param tryNumber which try, from 1
 */
record PropertyReplay(String jqwikSeed, int tryNumber) {
  private static final Pattern FORM = Pattern.compile("(-?\\d{1,19})@(\\d{1,9})");

  /**
   * Reads the system property.
   *
   * @throws ExtensionConfigurationException if it names no try of a property
   */
  static Optional<PropertyReplay> wanted() {
    return Optional.ofNullable(System.getProperty(Replay.PROPERTY))
        .map(String::strip)
        .filter(text -> !text.isEmpty())
        .map(PropertyReplay::parse);
  }

  private static PropertyReplay parse(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      throw namesNoTry(text);
    }
    try {
      // Checked here: jqwik was seen to run on with a seed beyond 64 bits.
      String seed = Long.toString(Long.parseLong(matcher.group(1)));
      return new PropertyReplay(seed, Integer.parseInt(matcher.group(2)));
    } catch (NumberFormatException e) {
      throw namesNoTry(text); // more than 64 bits
    }
  }

  private static ExtensionConfigurationException namesNoTry(String text) {
    return new ExtensionConfigurationException(
        "%s=%s names no try of a jqwik property. Its failure says which, in the form -4711@17: jqwik's seed and the number of the try. Run the property alone with that."
            .formatted(Replay.PROPERTY, text));
  }

  /** The line that brings it back. */
  String line() {
    return "-D" + Replay.PROPERTY + "=" + jqwikSeed + "@" + tryNumber;
  }
}
