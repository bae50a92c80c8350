package dev.vsocklab.sim.choice;

import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * Every decision of one deterministic run, by stream. Drawn from a seed, from a recording, or
 * counted through by {@link Exhaustive}; always recorded. For one thread at a time.
 *
 * <pre>{@code
 * ChoiceStream faults = choices.stream("faults");
 * if (faults.chance(0.01)) { ... faults.draw(1000) ... }
 * }</pre>
 */
public final class Choices {
  private final String origin;
  private final Function<String, Source> sources;
  private final SortedMap<String, ChoiceStream> streams = new TreeMap<>();

  Choices(String origin, Function<String, Source> sources) {
    this.origin = origin;
    this.sources = sources;
  }

  /**
   * Choices by chance.
   *
   * @param seed any number; the same seed gives the same choices, on every JDK
   * @return the choices of one run
   */
  public static Choices ofSeed(long seed) {
    return new Choices("seed " + seed, name -> new Source.Chance(Dice.of(seed, name)));
  }

  /**
   * Choices that were made before. Where the recording ends, each further choice is 0, the
   * simplest; a recorded choice that is not on offer any more is the last one that is.
   *
   * @param recorded the recording
   * @return the choices of one run
   */
  public static Choices replaying(ChoiceSequence recorded) {
    return new Choices("replayed", name -> new Source.Recording(recorded.values(name)));
  }

  /**
   * Where they come from.
   *
   * @return for a person: {@code "seed 17"}, {@code "replayed"} or {@code "counted"}
   */
  public String origin() {
    return origin;
  }

  /**
   * One stream.
   *
   * @param name letters, digits, '.', '-' and '_'
   * @return always the same stream for the same name
   * @throws IllegalArgumentException if a replay file could not hold the name
   */
  public ChoiceStream stream(String name) {
    return streams.computeIfAbsent(
        name, key -> new ChoiceStream(ChoiceSequence.checkedName(key), sources.apply(key)));
  }

  /**
   * What was drawn so far.
   *
   * @return the recording
   */
  public ChoiceSequence recorded() {
    SortedMap<String, long[]> values = new TreeMap<>();
    streams.forEach((name, stream) -> values.put(name, stream.recorded()));
    return new ChoiceSequence(values);
  }

  /**
   * Reads a seed as people write it.
   *
   * @param text decimal, or hexadecimal with 0x; 64 bits
   * @return the seed
   * @throws IllegalArgumentException if it is neither
   */
  public static long parseSeed(String text) {
    String digits = text.strip().toLowerCase(Locale.ROOT);
    try {
      return digits.startsWith("0x")
          ? Long.parseUnsignedLong(digits.substring(2), 16)
          : Long.parseLong(digits);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "\""
              + digits
              + "\" is not a seed. Write a decimal number such as 17, or a hexadecimal one of at most 16 digits such as 0x1f.",
          e);
    }
  }
}
