package dev.vsocklab.ci.differential;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * What a real kernel once said of many scenarios, as hashes: so the simulator is held against it
 * where no kernel can be booted.
 *
 * @param entries one for each scenario
 */
record Recording(List<Entry> entries) {
  private static final int HASH_BYTES = 6;

  Recording {
    entries = List.copyOf(entries);
  }

  /**
   * One scenario.
   *
   * @param seed what the generator makes it from
   * @param scenario the hash of its steps, which tells whether the generator still makes the same
   * @param record the hash of the kernel's record
   */
  record Entry(long seed, String scenario, String record) {
    static Entry of(long seed, Scenario scenario, List<Outcome> outcomes) {
      return new Entry(
          seed, hash(scenario.toString()), hash(DivergenceReport.record(scenario, outcomes)));
    }
  }

  static Recording of(String series) throws IOException {
    String name = fileName(series);
    try (InputStream stream = Recording.class.getResourceAsStream(name)) {
      if (stream == null) {
        throw new IOException("There is no " + name + ". Make it: ci/test record.");
      }
      List<Entry> entries = new ArrayList<>();
      for (String line : new String(stream.readAllBytes(), UTF_8).lines().toList()) {
        if (!line.startsWith("#")) {
          String[] parts = line.split(" ", -1);
          entries.add(new Entry(Long.parseLong(parts[0]), parts[1], parts[2]));
        }
      }
      return new Recording(entries);
    }
  }

  /** Writes the file that {@link #of} reads. */
  void write(Path folder, String series) throws IOException {
    StringBuilder text =
        new StringBuilder("# What Linux " + series + " said of the scenarios that\n");
    text.append(
        "# ScenarioGenerator makes of these seeds: seed, hash of the steps, hash of the record.\n");
    text.append("# Made by ci/test record.\n");
    for (Entry entry : entries) {
      text.append(entry.seed()).append(' ').append(entry.scenario());
      text.append(' ').append(entry.record()).append('\n');
    }
    Files.createDirectories(folder);
    Files.writeString(folder.resolve(fileName(series)), text, UTF_8);
  }

  private static String fileName(String series) {
    return "linux-" + series + ".txt";
  }

  private static String hash(String text) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8));
      return HexFormat.of().formatHex(digest, 0, HASH_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }
}
