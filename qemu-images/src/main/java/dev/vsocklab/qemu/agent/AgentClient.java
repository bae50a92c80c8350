package dev.vsocklab.qemu.agent;

import dev.vsocklab.ListeningPorts;
import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.KernelSocket;
import dev.vsocklab.spi.SocketLayer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Supplier;

/**
 * The agent in one kernel, as this JVM sees it: that kernel's AF_VSOCK sockets and the programs
 * that a test starts there.
 *
 * <p>Any number of threads may use it at once. Once the machine is gone, every call that is under
 * way and every later one gives an {@link IOException} that says what happened.
 */
public final class AgentClient implements SocketLayer, ListeningPorts, CallScripts, AutoCloseable {
  /** Twice what Linux's random number generator has as its key. */
  private static final int RANDOM_BYTES = 64;

  private static final int ESTALE = 116;

  private final AgentConnection connection;
  private final GuestPrograms programs;
  private final String kernelRelease;

  private AgentClient(AgentConnection connection, String kernelRelease) {
    this.connection = connection;
    this.kernelRelease = kernelRelease;
    this.programs = new GuestPrograms(connection);
  }

  /**
   * Greets the agent at the other end of a channel; returns when it is ready.
   *
   * @param channel connected to the agent, for example to the Unix socket of QEMU's chardev; closed
   *     with the client, and if this fails
   * @param name the machine's name in messages, for example {@code vm(42)}
   * @param console the last lines of its console with an introduction, for messages; the empty
   *     string where there is none
   * @param deadline how long the agent may take to answer, which it does when its machine is up
   * @return the client
   * @throws IOException if it does not answer in time, hangs up, or speaks another version
   */
  public static AgentClient connect(
      SocketChannel channel, String name, Supplier<String> console, Duration deadline)
      throws IOException {
    AgentConnection connection;
    try {
      connection = new AgentConnection(channel, name, console);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
    try {
      return new AgentClient(connection, greet(connection, console, deadline));
    } catch (IOException e) {
      connection.close();
      throw e;
    }
  }

  private static String greet(
      AgentConnection connection, Supplier<String> console, Duration deadline) throws IOException {
    Call hello = new Call(AgentOp.HELLO);
    connection.send(hello, AgentConnection.hello(), null);
    if (!hello.await(deadline.toNanos())) {
      throw new IOException(
          connection.name()
              + " did not come up: its agent did not answer within "
              + deadline.toMillis()
              + " ms. "
              + console.get());
    }
    connection.answered(hello);
    if (hello.errno() != 0) {
      throw new IOException(
          connection.name()
              + ": its agent does not speak version "
              + AgentConnection.PROTOCOL_VERSION
              + " of the protocol (errno "
              + hello.errno()
              + "). Build the guest image again, with this library's agent.");
    }
    ByteBuffer result = hello.result();
    byte[] release = new byte[result.getShort(16) & 0xFFFF];
    result.get(18, release);
    return new String(release, StandardCharsets.UTF_8);
  }

  @Override
  public KernelSocket stream() throws ErrnoException, IOException {
    return AgentSocket.open(connection, AgentSocket.TYPE_STREAM);
  }

  @Override
  public KernelSocket seqpacket() throws ErrnoException, IOException {
    return AgentSocket.open(connection, AgentSocket.TYPE_SEQPACKET);
  }

  /**
   * Gives or takes CAP_NET_BIND_SERVICE from the sockets opened here; programs have it always. A
   * {@link #reset} gives it back.
   *
   * @param mayBind false: binding a port from 0 to 1023 gives EACCES
   * @throws IOException if the machine cannot be reached, or its kernel refuses
   */
  public void mayBindPrivilegedPorts(boolean mayBind) throws IOException {
    Call call = connection.call(new CallFrame(AgentOp.PRIVILEGE).u32(mayBind ? 1 : 0));
    if (call.errno() != 0) {
      throw new IOException(
          name() + " does not change the agent's capabilities: errno " + call.errno() + ".");
    }
  }

  /**
   * Brings the kernel of a machine that was restored from a file to the present: its wall clock,
   * which stopped when the machine was saved, and its random pool, which is the same in every
   * machine restored from that file. Sockets and programs go on.
   *
   * @throws IOException if the machine cannot be reached, or its kernel refuses
   */
  public void renew() throws IOException {
    byte[] random = new byte[RANDOM_BYTES];
    new SecureRandom().nextBytes(random);
    Instant now = Instant.now();
    long wallNanos = now.getEpochSecond() * 1_000_000_000L + now.getNano(); // until the year 2262
    Call call =
        connection.call(new CallFrame(AgentOp.RENEW).u64(wallNanos).raw(ByteBuffer.wrap(random)));
    if (call.errno() != 0) {
      throw new IOException(
          name()
              + " was restored, but its clock and random pool could not be renewed: errno "
              + call.errno()
              + ".");
    }
  }

  /**
   * {@inheritDoc}
   *
   * <p>Asks {@code /dev/vsock} of that kernel: its CID as a guest, else 2, else 1.
   */
  @Override
  public long localCid() throws ErrnoException, IOException {
    Call call = connection.call(new CallFrame(AgentOp.LOCAL_CID));
    return Integer.toUnsignedLong(AgentSocket.succeeded(connection, call).result().getInt(0));
  }

  @Override
  public boolean isListening(long port) throws IOException {
    return isListening(connection, port);
  }

  static boolean isListening(AgentConnection connection, long port) throws IOException {
    Call call = connection.call(new CallFrame(AgentOp.LISTENS).u32(port));
    if (call.errno() != 0) {
      throw new IOException(
          connection.name()
              + " does not tell who listens: errno "
              + call.errno()
              + ". Its kernel needs the module vsock_diag.");
    }
    return call.result().getInt(0) != 0;
  }

  @Override
  public String name() {
    return connection.name();
  }

  /**
   * The kernel's release, as {@code uname -r} tells it.
   *
   * @return for example {@code 6.1.0-56-cloud-amd64}
   */
  public String kernelRelease() {
    return kernelRelease;
  }

  /**
   * The programs of this machine.
   *
   * @return always the same
   */
  public GuestPrograms programs() {
    return programs;
  }

  /**
   * Makes the machine as new between two tests: closes every socket, kills every program and
   * removes every file that was put there or that a program wrote.
   *
   * @param deadline how long that may take
   * @throws IOException if it is not done in time, the machine is gone, or a program changed a file
   *     of the machine's own
   */
  public void reset(Duration deadline) throws IOException {
    programs.forget();
    Call call = new Call(AgentOp.RESET);
    connection.send(call, new CallFrame(AgentOp.RESET), null);
    if (!call.await(deadline.toNanos())) {
      throw new IOException(
          name()
              + " was not reset within "
              + deadline.toMillis()
              + " ms: a program there does not end, or the machine is stopped.");
    }
    int errno = connection.answered(call).errno();
    if (errno == ESTALE) {
      throw new IOException(
          name()
              + " was reset, but a program changed a file that the machine has of itself; the"
              + " agent's log names it.");
    }
    if (errno != 0) {
      throw new IOException(name() + " is being reset by another thread.");
    }
  }

  /**
   * What the agent did lately: calls that open, name or end sockets, programs and files, with the
   * seconds since that kernel's boot. The last 64 KiB.
   *
   * @param deadline how long to wait for it
   * @return lines; the reason in one line if the machine does not tell
   */
  public String log(Duration deadline) {
    Call call = new Call(AgentOp.GET_LOG);
    try {
      connection.send(call, new CallFrame(AgentOp.GET_LOG), null);
      if (!call.await(deadline.toNanos())) {
        return "(no agent log: no answer within " + deadline.toMillis() + " ms)";
      }
      return StandardCharsets.UTF_8.decode(connection.answered(call).result()).toString();
    } catch (IOException e) {
      return "(no agent log: " + e.getMessage() + ")";
    }
  }

  @Override
  public ByteBuffer run(ByteBuffer scripts) throws IOException {
    Call call = connection.call(new Call(AgentOp.SCRIPT), new CallFrame(AgentOp.SCRIPT), scripts);
    if (call.errno() != 0) {
      throw new IOException(
          name()
              + " did not run the scripts: errno "
              + call.errno()
              + ". EBADMSG (74) means that they have not the form that call-script.c names.");
    }
    return call.result();
  }

  /**
   * Whether the machine is gone, or hung up.
   *
   * @return true once every call fails
   */
  public boolean isGone() {
    return connection.isGone();
  }

  /** How many calls wait for an answer. */
  int callsUnderWay() {
    return connection.callsUnderWay();
  }

  /**
   * Gives the machine up: every call that is under way and every later one gives an {@link
   * IOException} with these words.
   *
   * @param why one sentence
   */
  public void abandon(String why) {
    connection.abandon(why);
  }

  /** Hangs up, which makes an agent that is PID 1 power its machine off. */
  @Override
  public void close() {
    connection.close();
  }
}
