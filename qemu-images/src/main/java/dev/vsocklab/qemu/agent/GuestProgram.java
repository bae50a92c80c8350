package dev.vsocklab.qemu.agent;

import dev.vsocklab.Errno;
import dev.vsocklab.spi.LabRequest.Until;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A program that runs, or ran, in the guest. */
public final class GuestProgram {
  private static final int SIGKILL = 9;
  private static final int ESRCH = 3;
  private static final int TAIL_CHARS = 2000;

  /** How often a program that is waited for is looked at; a look costs about a millisecond. */
  private static final Duration LOOK_EVERY = Duration.ofMillis(20);

  private static final Duration ANSWER_DEADLINE = Duration.ofSeconds(2);

  private final AgentConnection connection;
  private final GuestCommand command;
  private final int handle;
  private final int pid;
  private final int stdinHandle;
  private final OutputStream stdin;
  private final int stdoutHandle;
  private final int stderrHandle;
  private final @Nullable CapturedOutput output;
  private final @Nullable CapturedOutput errors;

  /**
   * How a program ended.
   *
   * @param code its exit status, 0 to 255; -1 if a signal killed it
   * @param signal the signal's number; 0 if it exited
   */
  public record Exit(int code, int signal) {

    /** A clause without its subject. */
    String told() {
      return signal == 0 ? "ended with status " + code : "was killed by signal " + signal;
    }
  }

  GuestProgram(AgentConnection connection, GuestCommand command, ProgramHandles handles)
      throws IOException {
    this.connection = connection;
    this.command = command;
    this.handle = handles.program();
    this.pid = handles.pid();
    this.stdinHandle = handles.stdin();
    this.stdin = new StreamOutput(connection, stdinHandle, this + "'s stdin");
    this.stdoutHandle = handles.stdout();
    this.stderrHandle = handles.stderr();
    if (command.output() == GuestCommand.Output.CAPTURED) {
      output = new CapturedOutput(connection, stdoutHandle);
      errors = new CapturedOutput(connection, stderrHandle);
      output.start();
      errors.start();
    } else {
      output = null;
      errors = null;
    }
  }

  /**
   * Its process id in the guest.
   *
   * @return the id
   */
  public int pid() {
    return pid;
  }

  /**
   * Its standard input. A write waits until the program's pipe takes it; close ends the input.
   *
   * @return always the same stream
   */
  public OutputStream stdin() {
    return stdin;
  }

  /**
   * Whether the test reads its output as a stream.
   *
   * @return false if the output is captured
   */
  public boolean isStreamed() {
    return output == null;
  }

  /**
   * Its standard output, for a command {@linkplain GuestCommand#withStreamedOutput with streamed
   * output}.
   *
   * @return a stream over it; ends with the program
   * @throws IllegalStateException if the output is captured
   */
  public InputStream stdout() {
    return streamed(stdoutHandle, "stdout");
  }

  /**
   * Its standard error, for a command {@linkplain GuestCommand#withStreamedOutput with streamed
   * output}.
   *
   * @return a stream over it; ends with the program
   * @throws IllegalStateException if the output is captured
   */
  public InputStream stderr() {
    return streamed(stderrHandle, "stderr");
  }

  /**
   * What it printed on standard output so far; complete after {@link #waitFor}.
   *
   * @return the last MiB as UTF-8
   * @throws IllegalStateException if the output is streamed
   */
  public String outputText() {
    return captured(output).text();
  }

  /**
   * What it printed on standard output so far, as it is; complete after {@link #waitFor}.
   *
   * @return the last MiB
   * @throws IllegalStateException if the output is streamed
   */
  public byte[] outputBytes() {
    return captured(output).bytes();
  }

  /**
   * What it printed on standard error so far; complete after {@link #waitFor}.
   *
   * @return the last MiB as UTF-8
   * @throws IllegalStateException if the output is streamed
   */
  public String errorText() {
    return captured(errors).text();
  }

  /**
   * Waits until it printed something on standard error, for example that it listens now.
   *
   * @param part what to wait for
   * @param deadline how long at most
   * @throws IOException if it did not print that in time, or closed its standard error before
   * @throws IllegalStateException if the output is streamed
   */
  public void awaitErrorText(String part, Duration deadline) throws IOException {
    if (!captured(errors).awaitText(part, deadline.toNanos())) {
      throw new IOException(
          this
              + " did not print \""
              + part
              + "\" within "
              + deadline.toMillis()
              + " ms. "
              + lastWords());
    }
  }

  /**
   * Waits until it ended and, where its output is captured, until all of that has come: also from
   * programs that it started and that still hold it.
   *
   * @param deadline how long at most
   * @return how it ended
   * @throws IOException if it still runs then, with the last of what it printed; or if the guest is
   *     gone or was reset
   */
  public Exit waitFor(Duration deadline) throws IOException {
    long deadlineNanos = System.nanoTime() + deadline.toNanos();
    Exit exit =
        awaitExit(deadline)
            .orElseThrow(
                () ->
                    new IOException(
                        this + " still runs after " + deadline.toMillis() + " ms. " + lastWords()));
    for (CapturedOutput captured :
        output == null || errors == null
            ? new CapturedOutput[0]
            : new CapturedOutput[] {output, errors}) {
      // What it printed before it ended may lag behind: a moment is always granted.
      long leftNanos = Math.max(deadlineNanos - System.nanoTime(), TimeUnit.SECONDS.toNanos(1));
      if (!captured.awaitEnd(leftNanos)) {
        throw new IOException(
            this
                + " ended, but "
                + deadline.toMillis()
                + " ms were over before its output did: a program that it started still has it"
                + " open. "
                + lastWords());
      }
    }
    return exit;
  }

  /**
   * Waits until it has come so far.
   *
   * @param until how far
   * @param deadline how long at most
   * @throws IOException if it has not come so far then, or ended before, with the last of what it
   *     printed; or if the guest is gone or was reset
   * @throws IllegalStateException if its printing is waited for and its output is streamed
   */
  public void await(Until until, Duration deadline) throws IOException {
    long deadlineNanos = System.nanoTime() + deadline.toNanos();
    while (!isReached(until)) {
      Optional<Exit> exit = exitWithin(LOOK_EVERY);
      if (exit.isPresent()) {
        awaitLastOutput();
        if (!isReached(until) && !isThe(until, exit.get())) {
          throw new IOException(
              this + " " + exit.get().told() + " before " + until + ". " + lastWords());
        }
        return;
      }
      if (System.nanoTime() - deadlineNanos > 0) {
        throw new IOException(
            this
                + ": "
                + deadline.toMillis()
                + " ms were over before "
                + until
                + "; it still runs. "
                + lastWords());
      }
    }
  }

  private boolean isReached(Until until) throws IOException {
    if (until instanceof Until.Started) {
      return true;
    }
    if (until instanceof Until.Printed printed) {
      return printed.pattern().matcher(outputText()).find()
          || printed.pattern().matcher(errorText()).find();
    }
    if (until instanceof Until.Listening listening) {
      return AgentClient.isListening(connection, listening.port());
    }
    return false; // Exited: its exit tells
  }

  private static boolean isThe(Until until, Exit exit) {
    return until instanceof Until.Exited wanted && exit.equals(new Exit(wanted.status(), 0));
  }

  /**
   * How it ended, if it did.
   *
   * @param deadline how long to wait for its end
   * @return empty while it runs, and where the guest does not answer
   * @throws IOException if the guest is gone or was reset
   */
  public Optional<Exit> exitWithin(Duration deadline) throws IOException {
    Call call = new Call(AgentOp.WAIT);
    connection.send(call, new CallFrame(AgentOp.WAIT).u32(handle).u64(deadline.toNanos()), null);
    if (!call.await(deadline.plus(ANSWER_DEADLINE).toNanos())
        || connection.answered(call).errno() == Errno.EAGAIN.number()) {
      return Optional.empty();
    }
    return Optional.of(exit(call));
  }

  /**
   * Waits until it ended, without its output, also while the guest does not answer.
   *
   * @param deadline how long at most
   * @return how it ended; empty if it still runs
   * @throws IOException if the guest is gone or was reset
   */
  public Optional<Exit> awaitExit(Duration deadline) throws IOException {
    Call call =
        connection.call(
            new CallFrame(AgentOp.WAIT).u32(handle).u64(Math.max(0, deadline.toNanos())));
    return call.errno() == Errno.EAGAIN.number() ? Optional.empty() : Optional.of(exit(call));
  }

  private Exit exit(Call call) throws IOException {
    if (call.errno() != 0) {
      throw new IOException(this + " was ended by a reset of " + connection.name() + ".");
    }
    int number = call.result().getInt(4);
    return call.result().getInt(0) == 0 ? new Exit(number, 0) : new Exit(-1, number);
  }

  /**
   * By which numbers the agent knows it, for {@link GuestPrograms#find}.
   *
   * @return the numbers
   */
  public ProgramHandles handles() {
    return new ProgramHandles(handle, stdinHandle, stdoutHandle, stderrHandle, pid);
  }

  private void awaitLastOutput() {
    if (output != null && errors != null) {
      output.awaitEnd(TimeUnit.SECONDS.toNanos(1));
      errors.awaitEnd(TimeUnit.SECONDS.toNanos(1));
    }
  }

  /**
   * Kills it and what it started, with SIGKILL. One that has ended already stays so.
   *
   * @throws IOException if the guest is gone
   */
  public void kill() throws IOException {
    signal(SIGKILL);
  }

  /**
   * Sends a signal to it and to what it started.
   *
   * @param number the signal, 1 to 64
   * @throws IOException if the guest is gone or refuses
   */
  public void signal(int number) throws IOException {
    Call call = connection.call(new CallFrame(AgentOp.KILL).u32(handle).u32(number));
    if (call.errno() != 0 && call.errno() != ESRCH && call.errno() != Errno.EBADF.number()) {
      throw GuestPrograms.refused("Signal " + number + " to " + this, connection, call);
    }
  }

  @Override
  public String toString() {
    return command.arguments().get(0) + " (pid " + pid + " in " + connection.name() + ")";
  }

  private InputStream streamed(int streamHandle, String what) {
    if (output != null) {
      throw new IllegalStateException(
          "The output of " + this + " is captured. Start it with withStreamedOutput() to read it.");
    }
    return new StreamInput(connection, streamHandle, this + "'s " + what);
  }

  private CapturedOutput captured(@Nullable CapturedOutput stream) {
    if (stream == null) {
      throw new IllegalStateException(
          "The output of " + this + " is streamed: read it from stdout() and stderr().");
    }
    return stream;
  }

  /**
   * What a failure report says of it: whether it runs or how it ended, and the end of what it
   * printed.
   *
   * @return a few lines
   */
  public String story() {
    String state;
    try {
      state = exitWithin(Duration.ZERO).map(Exit::told).orElse("runs");
    } catch (IOException e) {
      state = "ended with " + connection.name();
    }
    return String.join(" ", command.arguments())
        + " (pid "
        + pid
        + ") "
        + state
        + ".\n"
        + lastWords();
  }

  private String lastWords() {
    if (output == null || errors == null) {
      return "Its output went to the test.";
    }
    return "Its stdout ends:\n"
        + tail(output.text())
        + "\nIts stderr ends:\n"
        + tail(errors.text());
  }

  private static String tail(String text) {
    return text.substring(Math.max(0, text.length() - TAIL_CHARS));
  }
}
