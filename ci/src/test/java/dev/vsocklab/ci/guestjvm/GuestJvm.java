package dev.vsocklab.ci.guestjvm;

import dev.vsocklab.ci.guestjvm.TestOutcome.Kind;
import dev.vsocklab.qemu.StandaloneGuest;
import dev.vsocklab.qemu.agent.GuestCommand;
import dev.vsocklab.qemu.agent.GuestProgram;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Runs test classes in a JVM inside a guest: the very JVM, class path and classes of this process,
 * on another kernel.
 */
final class GuestJvm {
  private static final int MEMORY_MIB = 1536;

  /**
   * Started once and soon over: under TCG a compiler that tries harder costs more than it gives.
   */
  private static final List<String> OPTIONS =
      List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-Xmx400m");

  private static final Duration END_DEADLINE = Duration.ofSeconds(30);
  private static final int LAST_WORDS_CHARS = 4000;

  private GuestJvm() {}

  /**
   * Boots a guest, runs the classes, ends it.
   *
   * @param series the guest's kernel
   * @param properties as {@code -D} has them, for example {@code vsocklab.backends=loopback}
   * @param classes the test classes
   * @return how each test went, in their order
   * @throws IOException if the guest or its JVM did not come to the end, with what they said
   */
  static List<TestOutcome> run(String series, List<String> properties, List<String> classes)
      throws IOException {
    JvmFiles jvm = JvmFiles.ofThisJvm();
    List<String> command = new ArrayList<>(List.of(jvm.java()));
    command.addAll(OPTIONS);
    properties.forEach(property -> command.add("-D" + property));
    command.addAll(List.of("-cp", jvm.classPath(), GuestRun.class.getName()));
    command.addAll(classes);
    try (StandaloneGuest guest = StandaloneGuest.boot(series, MEMORY_MIB, jvm.files())) {
      GuestProgram program =
          guest
              .programs()
              .start(
                  GuestCommand.of(command.toArray(String[]::new))
                      .withDirectory("/tmp")
                      .withStreamedOutput());
      CompletableFuture<String> errors =
          CompletableFuture.supplyAsync(() -> text(program.stderr()));
      List<TestOutcome> outcomes = new ArrayList<>();
      String end = read(program.stdout(), outcomes);
      GuestProgram.Exit exit = program.waitFor(END_DEADLINE);
      if (exit.code() != 0 || !end.equals(Integer.toString(outcomes.size()))) {
        throw new IOException(
            "The JVM in the guest ended with "
                + exit
                + " after "
                + outcomes.size()
                + " tests (it said: \""
                + end
                + "\"). Its last words:\n"
                + tail(errors.join())
                + "\nThe console:\n"
                + tail(guest.console()));
      }
      return outcomes;
    }
  }

  /** Collects outcomes up to the end of the stream; gives what the end mark said. */
  private static String read(InputStream stdout, List<TestOutcome> outcomes) throws IOException {
    String end = "";
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(stdout, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      Optional<TestOutcome> outcome = TestOutcome.parse(line);
      if (outcome.isPresent() && outcome.get().kind() == Kind.END) {
        end = outcome.get().detail();
      } else {
        outcome.ifPresent(outcomes::add);
      }
    }
    return end;
  }

  private static String text(InputStream stream) {
    try (stream) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "(its standard error was lost: " + e + ")";
    }
  }

  private static String tail(String text) {
    return text.substring(Math.max(0, text.length() - LAST_WORDS_CHARS));
  }
}
