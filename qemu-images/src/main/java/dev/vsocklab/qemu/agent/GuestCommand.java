package dev.vsocklab.qemu.agent;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What {@link GuestPrograms#start(GuestCommand)} starts. Immutable: each {@code with} gives
 * another.
 *
 * @param arguments the program's path in the guest, then its arguments
 * @param environment its whole environment
 * @param directory the absolute path of its working folder
 * @param output what becomes of what it prints
 */
public record GuestCommand(
    List<String> arguments, Map<String, String> environment, String directory, Output output) {

  /** What becomes of a program's stdout and stderr. */
  public enum Output {
    /** Kept for {@link GuestProgram#outputText}: the last MiB of each. The program never waits. */
    CAPTURED,
    /** Read from {@link GuestProgram#stdout} by the test; the program waits where nobody reads. */
    STREAMED
  }

  /**
   * Copies and checks.
   *
   * @param arguments the path and the arguments
   * @param environment the environment
   * @param directory the working folder
   * @param output what becomes of its output
   * @throws IllegalArgumentException if a path is not absolute
   */
  public GuestCommand {
    arguments = List.copyOf(arguments);
    environment = Map.copyOf(environment);
    if (arguments.isEmpty() || !arguments.get(0).startsWith("/") || !directory.startsWith("/")) {
      throw new IllegalArgumentException(
          "A guest's program needs absolute paths, not "
              + arguments
              + " in "
              + directory
              + ": the guest has no shell that would search for it.");
    }
  }

  /**
   * A command with captured output, in the root folder, with a usual PATH.
   *
   * @param arguments the program's absolute path, then its arguments
   * @return the command
   */
  public static GuestCommand of(String... arguments) {
    return new GuestCommand(
        List.of(arguments),
        Map.of("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", "HOME", "/"),
        "/",
        Output.CAPTURED);
  }

  /**
   * With one more variable in the environment.
   *
   * @param name the variable
   * @param value its value
   * @return another command
   */
  public GuestCommand withEnvironment(String name, String value) {
    Map<String, String> more = new LinkedHashMap<>(environment);
    more.put(name, value);
    return new GuestCommand(arguments, more, directory, output);
  }

  /**
   * In another working folder.
   *
   * @param path its absolute path in the guest
   * @return another command
   */
  public GuestCommand withDirectory(String path) {
    return new GuestCommand(arguments, environment, path, output);
  }

  /**
   * With output that the test reads as a stream.
   *
   * @return another command
   */
  public GuestCommand withStreamedOutput() {
    return new GuestCommand(arguments, environment, directory, Output.STREAMED);
  }

  /**
   * With output that is kept: its last MiB.
   *
   * @return another command
   */
  public GuestCommand withCapturedOutput() {
    return new GuestCommand(arguments, environment, directory, Output.CAPTURED);
  }
}
