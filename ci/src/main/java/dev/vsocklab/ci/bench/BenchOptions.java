package dev.vsocklab.ci.bench;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/**
 * What the command line asks for.
 *
 * @param json where to write the results as JSON, or null
 * @param thorough whether to take the time for three JVMs and twice the iterations
 * @param only a regular expression that benchmarks' names must contain
 */
record BenchOptions(@Nullable Path json, boolean thorough, String only) {
  private static final String ALL = "dev.vsocklab.ci.bench";

  static BenchOptions parse(String[] args) {
    BenchOptions options = new BenchOptions(null, false, ALL);
    Iterator<String> words = Arrays.asList(args).iterator();
    while (words.hasNext()) {
      String word = words.next();
      options =
          switch (word) {
            case "--long" -> new BenchOptions(options.json, true, options.only);
            case "--json" ->
                new BenchOptions(Path.of(value(word, words)), options.thorough, options.only);
            case "--only" -> new BenchOptions(options.json, options.thorough, value(word, words));
            default -> throw new IllegalArgumentException("Unknown option " + word + "." + USAGE);
          };
    }
    return options;
  }

  private static final String USAGE =
      " Use: ci/bench [--json FILE] [--long] [--only REGULAR-EXPRESSION]";

  private static String value(String option, Iterator<String> words) {
    if (!words.hasNext()) {
      throw new IllegalArgumentException("Option " + option + " needs a value." + USAGE);
    }
    return words.next();
  }
}
