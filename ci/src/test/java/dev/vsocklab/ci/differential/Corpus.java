package dev.vsocklab.ci.differential;

import java.util.List;
import java.util.stream.Stream;

/**
 * Scenarios that tell a wrong simulator from a kernel, shrunk by the differential run. A divergence
 * prints itself in their form: paste it into the group that it belongs to, name it, and say the
 * rule.
 */
final class Corpus {
  static final List<String> BOTH = List.of("6.1", "6.12");

  static final List<Regression> ALL =
      Stream.of(CallCorpus.ALL, CreditCorpus.ALL, EndCorpus.ALL, KernelCorpus.ALL)
          .flatMap(List::stream)
          .toList();

  private Corpus() {}
}
