package dev.vsocklab.qemu.launch;

import java.util.ArrayList;
import java.util.List;

/**
 * A shell between the JVM and QEMU that outlives the JVM by a moment. Its standard input is a pipe
 * from the JVM. When the pipe closes, by the JVM's will or because the JVM was killed, the shell
 * kills QEMU; when QEMU has ended, for whatever reason, it removes the guest's folder and ends with
 * QEMU's status.
 *
 * <p>This covers kill -9 of the JVM, which no shutdown hook sees. The agent is a second line: it
 * powers the guest off when its port hangs up.
 *
 * <p>The shell gives up its own output once QEMU runs: a dead JVM reads no more, and SIGPIPE would
 * end the shell before it has cleaned up.
 */
final class Watchdog {
  private static final String SCRIPT =
      """
      folder=$1
      shift
      ulimit -c 0
      trap : INT TERM HUP
      exec 3<&0
      "$@" </dev/null 3<&- &
      qemu=$!
      exec >/dev/null 2>&1
      (read -r never <&3; kill -9 "$qemu") &
      watch=$!
      wait "$qemu"
      status=$?
      while kill -0 "$qemu"; do
        wait "$qemu"
        status=$?
      done
      kill "$watch"
      rm -rf -- "$folder"
      exit "$status"
      """;

  private Watchdog() {}

  /**
   * The command that runs another one under the watchdog.
   *
   * @param folder what to remove at the end
   * @param command QEMU and its arguments
   */
  static List<String> command(RunFolder folder, List<String> command) {
    List<String> all = new ArrayList<>();
    all.addAll(List.of("/bin/sh", "-c", SCRIPT, "vsocklab-watchdog", folder.path().toString()));
    all.addAll(command);
    return all;
  }
}
