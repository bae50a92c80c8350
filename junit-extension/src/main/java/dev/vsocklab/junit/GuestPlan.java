package dev.vsocklab.junit;

import dev.vsocklab.spi.Backend;
import dev.vsocklab.spi.LabRequest.FilesRequest;
import dev.vsocklab.spi.LabRequest.GuestRequest;
import dev.vsocklab.spi.LabRequest.ProgramRequest;
import dev.vsocklab.spi.LabRequest.Until;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.junit.jupiter.api.extension.ParameterResolutionException;

/**
 * One guest as the annotations of a test want it, all mentions of its CID together.
 *
 * @param where the first mention, for messages
 * @param cid its CID
 * @param fresh whether it is booted for this test alone
 * @param kernel its kernel series, or the empty string
 * @param memoryMib its memory, or 0
 * @param files its files, as {@link Guest#files} has them
 * @param programs its programs
 */
record GuestPlan(
    String where,
    long cid,
    boolean fresh,
    String kernel,
    int memoryMib,
    List<String> files,
    List<Program> programs) {

  static GuestPlan of(String where, Guest guest) {
    return new GuestPlan(
        where,
        guest.value(),
        guest.fresh(),
        guest.kernel().strip(),
        guest.memoryMib(),
        List.of(guest.files()),
        List.of(guest.program()));
  }

  /** A guest without anything of its own. */
  static GuestPlan of(String where, long cid) {
    return new GuestPlan(where, cid, false, "", 0, List.of(), List.of());
  }

  /**
   * Both mentions as one.
   *
   * @throws ParameterResolutionException if they say different things
   */
  GuestPlan and(GuestPlan other) {
    return new GuestPlan(
        where,
        cid,
        fresh || other.fresh,
        one(other, "kernel", kernel, other.kernel, ""),
        one(other, "memoryMib", memoryMib, other.memoryMib, 0),
        one(other, "files", files, other.files, List.of()),
        one(other, "program", programs, other.programs, List.of()));
  }

  private <T> T one(GuestPlan other, String attribute, T mine, T others, T unsaid) {
    if (others.equals(unsaid) || others.equals(mine)) {
      return mine;
    }
    if (mine.equals(unsaid)) {
      return others;
    }
    throw new ParameterResolutionException(
        "%s and %s say different things of guest %d's %s, but it is one guest. Say it in one place."
            .formatted(where, other.where, cid, attribute));
  }

  /**
   * What it is, without what comes into it.
   *
   * @throws ParameterResolutionException if the CID is not a guest's, or the memory is no size
   */
  GuestRequest bare() {
    return request(List.of(), List.of());
  }

  /**
   * What a backend is asked for.
   *
   * @param all finds its files
   * @param classPath where resources are
   * @throws ParameterResolutionException if a file is not there, or something is not what it must
   *     be
   */
  GuestRequest request(GuestFiles all, ClassLoader classPath) {
    return request(
        files.stream().map(entry -> all.find(what(), entry, classPath)).toList(),
        programs.stream().map(this::request).toList());
  }

  private GuestRequest request(List<FilesRequest> found, List<ProgramRequest> started) {
    try {
      return new GuestRequest(cid, fresh, kernel, memoryMib, found, started);
    } catch (IllegalArgumentException e) {
      throw new ParameterResolutionException(where + ": " + e.getMessage(), e);
    }
  }

  private ProgramRequest request(Program program) {
    try {
      return new ProgramRequest(
          List.of(program.value()), until(program), Duration.ofSeconds(program.withinSeconds()));
    } catch (IllegalArgumentException e) {
      throw new ParameterResolutionException(what() + ": " + e.getMessage(), e);
    }
  }

  /** What is awaited of a program, or of who plays it. */
  Until until(Program program) {
    List<Until> conditions = new ArrayList<>();
    if (!program.untilPrints().isEmpty()) {
      try {
        conditions.add(new Until.Printed(Pattern.compile(program.untilPrints())));
      } catch (PatternSyntaxException e) {
        throw new ParameterResolutionException(
            "%s: untilPrints = \"%s\" is no regular expression: %s. Quote what is meant literally with \\\\Q and \\\\E."
                .formatted(what(), program.untilPrints(), e.getDescription()),
            e);
      }
    }
    if (program.untilListensOn() >= 0) {
      conditions.add(new Until.Listening(program.untilListensOn()));
    }
    if (program.untilExitsWith() >= 0) {
      conditions.add(new Until.Exited(program.untilExitsWith()));
    }
    if (conditions.size() > 1 || program.withinSeconds() < 1) {
      throw new ParameterResolutionException(
          "%s: a @Program waits for one thing, at least a second, and %s asks for %d within %d s. Change that."
              .formatted(
                  what(),
                  String.join(" ", program.value()),
                  conditions.size(),
                  program.withinSeconds()));
    }
    return conditions.isEmpty() ? Until.STARTED : conditions.get(0);
  }

  /**
   * Refuses a kernel that a backend does not have.
   *
   * @throws ParameterResolutionException with those that it has
   */
  void checkKernel(Backend backend) {
    if (!kernel.isEmpty() && !backend.kernels().contains(kernel)) {
      throw new ParameterResolutionException(
          "%s wants kernel %s, but backend %s has %s. Write one of these, or nothing for the class's."
              .formatted(
                  what(),
                  kernel,
                  backend.name(),
                  backend.kernels().isEmpty()
                      ? "none to choose from"
                      : String.join(", ", backend.kernels())));
    }
  }

  /**
   * Why a backend cannot play this guest: a program that it cannot run and that nobody plays.
   *
   * @param backend one whose guests run no programs
   */
  Optional<String> unplayable(String backend) {
    return programs.stream()
        .filter(program -> program.simulatedBy() == GuestStandIn.class)
        .findFirst()
        .map(
            program ->
                "%s runs %s, but the guests of backend %s run no programs. Choose one with real guests, for example -Dvsocklab.backends=vhost-user, or name Java code that plays it: @Program(simulatedBy = …)."
                    .formatted(what(), program.value()[0], backend));
  }

  /**
   * Refuses what no run in virtual time can have.
   *
   * @throws ParameterResolutionException if it has programs
   */
  void checkSimulable() {
    if (!programs.isEmpty()) {
      throw new ParameterResolutionException(
          "%s runs %s, but a run in virtual time has no programs: whatever runs must take part in it. Run the code that plays it with simulation.spawn(…)."
              .formatted(what(), programs.get(0).value()[0]));
    }
  }

  /** What messages call it. */
  String what() {
    return "@Guest(" + cid + ") in " + where;
  }
}
