package dev.vsocklab.sim.choice;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The recorded choices of one run, by stream: all that is needed to run it again. Immutable. Zeros
 * at a stream's end are left out, for a replay takes them anyway; so equal runs are equal.
 */
public final class ChoiceSequence {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]+");
  private static final long[] NONE = {};

  /** A run in which every choice was the simplest. */
  public static final ChoiceSequence SIMPLEST = new ChoiceSequence(new TreeMap<>());

  private final SortedMap<String, long[]> streams = new TreeMap<>();

  ChoiceSequence(Map<String, long[]> streams) {
    streams.forEach(
        (name, values) -> {
          int length = values.length;
          while (length > 0 && values[length - 1] == 0) {
            length--;
          }
          if (length > 0) {
            this.streams.put(name, Arrays.copyOf(values, length));
          }
        });
  }

  static String checkedName(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "A stream of choices cannot be called \""
              + name
              + "\". Use letters, digits, '.', '-' and '_'.");
    }
    return name;
  }

  /** The values of a stream; none if nothing but zeros was drawn from it. Not to be changed. */
  long[] values(String name) {
    return streams.getOrDefault(name, NONE);
  }

  /**
   * The streams with a choice other than 0.
   *
   * @return their names, sorted
   */
  public List<String> streams() {
    return List.copyOf(streams.keySet());
  }

  /**
   * How many choices there are up to each stream's last that is not 0.
   *
   * @return 0 or more
   */
  public int length() {
    int length = 0;
    for (long[] values : streams.values()) {
      length += values.length;
    }
    return length;
  }

  /**
   * How many choices are not the simplest.
   *
   * @return 0 to {@link #length}
   */
  public int decisions() {
    int decisions = 0;
    for (long[] values : streams.values()) {
      for (long value : values) {
        decisions += value == 0 ? 0 : 1;
      }
    }
    return decisions;
  }

  /** Another sequence with one stream's values changed. */
  ChoiceSequence with(String name, long[] values) {
    SortedMap<String, long[]> changed = new TreeMap<>(streams);
    changed.put(name, values);
    return new ChoiceSequence(changed);
  }

  /**
   * Whether a reader would rather read this one: it has fewer choices that are not the simplest, or
   * as many and is shorter, or its numbers are smaller.
   */
  boolean isSimplerThan(ChoiceSequence other) {
    if (decisions() != other.decisions()) {
      return decisions() < other.decisions();
    }
    if (length() != other.length()) {
      return length() < other.length();
    }
    return flat().compareTo(other.flat()) < 0;
  }

  private Flat flat() {
    List<Long> all = new ArrayList<>();
    streams.values().forEach(values -> Arrays.stream(values).forEach(all::add));
    return new Flat(all);
  }

  private record Flat(List<Long> values) implements Comparable<Flat> {
    @Override
    public int compareTo(Flat other) {
      for (int i = 0; i < Math.min(values.size(), other.values.size()); i++) {
        int order = Long.compare(values.get(i), other.values.get(i));
        if (order != 0) {
          return order;
        }
      }
      return Integer.compare(values.size(), other.values.size());
    }
  }

  /**
   * A number that stands for the whole sequence, the same on every JDK.
   *
   * @return 64 bits
   */
  public long hash() {
    long hash = 1;
    for (Map.Entry<String, long[]> stream : streams.entrySet()) {
      hash = hash * 31 + stream.getKey().hashCode(); // which the JDK specifies
      for (long value : stream.getValue()) {
        hash = (hash ^ value) * 0x9E3779B97F4A7C15L;
        hash ^= hash >>> 29;
      }
    }
    return hash;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ChoiceSequence that
        && streams.keySet().equals(that.streams.keySet())
        && streams.entrySet().stream()
            .allMatch(entry -> Arrays.equals(entry.getValue(), that.values(entry.getKey())));
  }

  @Override
  public int hashCode() {
    return Long.hashCode(hash());
  }

  /** The streams with their numbers, as a replay file has them. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    streams.forEach((name, values) -> ReplayFile.appendStream(text, name, values));
    return text.toString();
  }
}
