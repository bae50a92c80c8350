package dev.vsocklab.ci.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.vsocklab.Errno;
import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.KernelSocket;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.function.Executable;

/** What the cases assert: errnos and poll events, told in the kernel's words. */
final class Expect {
  private static final long DEADLINE_NANOS = Eventually.DEADLINE.toNanos();

  private Expect() {}

  /** The call must fail with the errno. */
  static void errno(Errno expected, Executable call) throws Exception {
    errno(expected, "", call);
  }

  /** The call must fail with the errno; the message says which call it is. */
  static void errno(Errno expected, String what, Executable call) throws Exception {
    String prefix = what.isEmpty() ? "" : what + ": ";
    Errno got = errnoOf(call);
    assertEquals(expected, got, () -> prefix + "the call's errno");
  }

  /** The errno that a call fails with, or null if it succeeds. */
  static @Nullable Errno errnoOf(Executable call) throws Exception {
    try {
      call.execute();
      return null;
    } catch (ErrnoException e) {
      return e.errno();
    } catch (Exception | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /** Asked for everything, the socket tells exactly these events, now. */
  static void events(int expected, KernelSocket socket) throws IOException {
    events(expected, "", socket);
  }

  /** Asked for everything, the socket tells exactly these events, now. */
  static void events(int expected, String when, KernelSocket socket) throws IOException {
    assertEquals(
        names(expected),
        names(socket.poll(ALL, KernelSocket.NO_WAIT)),
        () -> "poll events " + when);
  }

  /** The socket comes to tell exactly these events. */
  static void eventsComeTo(int expected, KernelSocket socket) throws Exception {
    int[] last = new int[1];
    long startNanos = System.nanoTime();
    do {
      last[0] = socket.poll(ALL, KernelSocket.NO_WAIT);
    } while (last[0] != expected && System.nanoTime() - startNanos < DEADLINE_NANOS);
    assertEquals(names(expected), names(last[0]), "poll events in the end");
  }

  /** Waits until one of the events holds, and tells all that do. */
  static int awaitEvents(int events, KernelSocket socket) throws IOException {
    int got = socket.poll(events, DEADLINE_NANOS);
    if (got == 0) {
      throw new AssertionError(
          "No " + names(events) + " within " + Eventually.DEADLINE + " on the socket.");
    }
    return got;
  }

  /** Waits until the peer's SHUTDOWN or RST has arrived. */
  static void awaitPeerClose(KernelSocket socket) throws IOException {
    awaitEvents(KernelSocket.POLLRDHUP, socket);
  }

  /** Waits until there is something to read. */
  static void awaitReadable(KernelSocket socket) throws IOException {
    awaitEvents(KernelSocket.POLLIN, socket);
  }

  /** Every event that can be asked for. */
  private static final int ALL =
      KernelSocket.POLLIN | KernelSocket.POLLOUT | KernelSocket.POLLRDHUP;

  private static List<String> names(int events) {
    List<String> names = new ArrayList<>();
    add(names, events, KernelSocket.POLLIN, "IN");
    add(names, events, KernelSocket.POLLOUT, "OUT");
    add(names, events, KernelSocket.POLLERR, "ERR");
    add(names, events, KernelSocket.POLLHUP, "HUP");
    add(names, events, KernelSocket.POLLRDHUP, "RDHUP");
    add(names, events, KernelSocket.POLLNVAL, "NVAL");
    return names;
  }

  private static void add(List<String> names, int events, int event, String name) {
    if ((events & event) != 0) {
      names.add(name);
    }
  }
}
