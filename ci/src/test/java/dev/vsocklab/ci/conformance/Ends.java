package dev.vsocklab.ci.conformance;

import static dev.vsocklab.ci.conformance.SocketType.SEQPACKET;
import static dev.vsocklab.ci.conformance.SocketType.STREAM;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.vsocklab.Lab;
import dev.vsocklab.Machine;
import dev.vsocklab.ci.conformance.End.Role;
import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.KernelSocket;
import java.io.IOException;
import java.util.Objects;
import java.util.concurrent.Callable;

/** What a case works with: two machines, which kernel they run, and threads for calls that wait. */
final class Ends {
  private final Lab lab;
  private final KernelSeries kernel;
  private final End client;
  private final End server;

  private Ends(Lab lab, KernelSeries kernel, End client, End server) {
    this.lab = lab;
    this.kernel = kernel;
    this.client = client;
    this.server = server;
  }

  /** The host and the first guest of a lab; one machine if the lab's host and guest are one. */
  static Ends of(Lab lab, KernelSeries kernel, Way way) {
    boolean alone = isLoopback(lab);
    End host = End.of(lab.host(), alone ? Role.ALONE : Role.HOST);
    End guest = End.of(lab.guests().get(0), alone ? Role.ALONE : Role.GUEST);
    return way == Way.GUEST_TO_HOST
        ? new Ends(lab, kernel, guest, host)
        : new Ends(lab, kernel, host, guest);
  }

  /** Whether both ends are in one kernel. */
  static boolean isLoopback(Lab lab) {
    return lab.host().cid() == lab.guests().get(0).cid();
  }

  /** Who connects: most cases are about what this machine does. */
  End client() {
    return client;
  }

  /** Who listens. */
  End server() {
    return server;
  }

  /** The kernel that both machines run or simulate. */
  KernelSeries kernel() {
    return kernel;
  }

  /** The second guest of a lab with two. */
  Machine otherGuest() {
    return lab.guests().get(1);
  }

  /** Ends the case as not applicable unless the client is what the case is about. */
  void onlyIfClientIs(Role role, String why) {
    if (client.role() != role) {
      abort(why);
    }
  }

  /** Ends the case as not applicable where one kernel is both ends. */
  void onlyWithTwoMachines(String why) {
    if (client.role() == Role.ALONE) {
      abort(why);
    }
  }

  /** A view of a machine, or the case ends as not applicable. */
  <T> T onlyWith(Class<T> type, End end, String otherwise) {
    return end.machine().as(type).orElseGet(() -> abort(otherwise));
  }

  Pair stream() throws ErrnoException, IOException {
    return connected(STREAM);
  }

  Pair seqpacket() throws ErrnoException, IOException {
    return connected(SEQPACKET);
  }

  /** A connection, whose listener is closed again. */
  Pair connected(SocketType type) throws ErrnoException, IOException {
    KernelSocket listener = server.listener(type, 1);
    Pair pair = connect(type.open(client.layer()), listener);
    listener.close();
    return pair;
  }

  /** Connects a client's socket to a listener and accepts the connection. */
  Pair connect(KernelSocket socket, KernelSocket listener) throws ErrnoException, IOException {
    socket.connect(server.addressOf(listener), KernelSocket.FOREVER);
    return new Pair(socket, accept(listener));
  }

  /** Accepts a connection that is there or on its way. */
  static KernelSocket accept(KernelSocket listener) throws ErrnoException, IOException {
    return Objects.requireNonNull(listener.accept(KernelSocket.FOREVER), "a connection");
  }

  /** Makes a call that waits, on a thread of its own; returns once the call waits or is done. */
  static <T> Waiting<T> waiting(End end, Callable<T> call) throws Exception {
    return Waiting.start(end, call);
  }
}
