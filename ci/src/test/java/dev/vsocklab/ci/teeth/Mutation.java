package dev.vsocklab.ci.teeth;

import java.util.List;
import java.util.stream.Stream;

/**
 * One bug for the simulator.
 *
 * @param name what it is, in words
 * @param kernel the profile that it is looked for on
 * @param file the source file, below {@code dev/vsocklab/sim}
 * @param edits what makes it
 */
record Mutation(String name, String kernel, String file, List<Edit> edits) {

  /**
   * One change of the file.
   *
   * @param right text that stands there exactly once
   * @param wrong what stands there instead
   */
  record Edit(String right, String wrong) {}

  static Mutation bug(String name, String file, String right, String wrong) {
    return new Mutation(name, "6.12", file, List.of(new Edit(right, wrong)));
  }

  /** This bug with a further change. */
  Mutation and(String right, String wrong) {
    return new Mutation(
        name,
        kernel,
        file,
        Stream.concat(edits.stream(), Stream.of(new Edit(right, wrong))).toList());
  }

  /** This bug on another kernel. */
  Mutation on(String otherKernel) {
    return new Mutation(name, otherKernel, file, edits);
  }

  /**
   * The file with the bug.
   *
   * @throws IllegalStateException if it is not the file that the bug was made for any more
   */
  String applyTo(String source) {
    String text = source;
    for (Edit edit : edits) {
      int first = text.indexOf(edit.right());
      if (first < 0 || text.indexOf(edit.right(), first + 1) >= 0) {
        throw new IllegalStateException(
            file
                + " does not have exactly once: "
                + edit.right()
                + "\nThe simulator changed; write the mutation \""
                + name
                + "\" anew.");
      }
      text = text.replace(edit.right(), edit.wrong());
    }
    return text;
  }

  @Override
  public String toString() {
    return name;
  }
}
