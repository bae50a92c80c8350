package dev.vsocklab.ci.teeth;

import dev.vsocklab.Lab;
import dev.vsocklab.Machine;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockSocketOptions;
import dev.vsocklab.fault.Faults;
import dev.vsocklab.fault.InjectedFault;
import dev.vsocklab.fault.PacketOp;
import dev.vsocklab.sim.SimBackend;
import dev.vsocklab.sim.check.CheckerViolation;
import dev.vsocklab.sim.check.Violation;
import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.KernelSocket;
import dev.vsocklab.spi.LabRequest;
import dev.vsocklab.spi.SocketLayer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;

/**
 * The JVM in which a simulator with a bug does everything that a checker looks at, one lab for each
 * situation. Prints what the checkers say of it.
 */
final class CheckerTrial {
  static final String FIRED = "FIRED ";
  static final String OVER = "OVER";

  private static final long PORT = 7000;
  private static final long PATIENCE_MILLIS = 3000;
  private static final long CALL_NANOS = 2_000_000_000L;

  private CheckerTrial() {}

  /** One situation. */
  private interface Situation {
    void happen(Lab lab) throws Exception;
  }

  /**
   * Runs all situations.
   *
   * @param none nothing
   */
  public static void main(String[] none) throws Exception {
    for (Situation situation :
        List.<Situation>of(
            CheckerTrial::streamsBothWays,
            CheckerTrial::aFullWindow,
            CheckerTrial::aDelayedStream,
            CheckerTrial::messages,
            CheckerTrial::aRefusedConnect,
            CheckerTrial::twoShutdowns,
            CheckerTrial::theEndAfterAReset,
            CheckerTrial::aReaderIsClosed,
            CheckerTrial::aReaderGetsData,
            CheckerTrial::aListenerIsClosed)) {
      run(situation);
    }
    System.out.println(OVER);
    System.exit(0); // a bug may have left threads that wait
  }

  private static void run(Situation situation) throws Exception {
    Lab lab =
        new SimBackend()
            .open(new LabRequest("trial", "", List.of(new LabRequest.GuestRequest(42, false))));
    start(() -> situation.happen(lab)).join(PATIENCE_MILLIS);
    try {
      lab.close();
    } catch (CheckerViolation e) {
      for (Violation violation : e.violations()) {
        System.out.println(FIRED + violation.checker() + " " + violation);
      }
    }
  }

  /** A task that may fail or never end: that is a bug's right. */
  private interface Task {
    void run() throws Exception;
  }

  private static Thread start(Task task) {
    Thread thread =
        new Thread(
            () -> {
              try {
                task.run();
              } catch (Exception | AssertionError e) {
                System.out.println("a situation ended with " + e);
              }
            });
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  /** Both ends of a connection, and the listener. */
  private record Ends(KernelSocket listener, KernelSocket host, KernelSocket guest) {}

  private static Ends connect(Lab lab, boolean messages) throws Exception {
    KernelSocket listener = socket(layer(lab.host()), messages);
    listener.bind(VsockAddress.any(PORT));
    listener.listen(5);
    KernelSocket guest = socket(layer(lab.guest(42)), messages);
    guest.connect(VsockAddress.host(PORT), CALL_NANOS);
    KernelSocket host = listener.accept(CALL_NANOS);
    if (host == null) {
      throw new IOException("nobody came");
    }
    return new Ends(listener, host, guest);
  }

  private static SocketLayer layer(Machine machine) {
    return machine.as(SocketLayer.class).orElseThrow();
  }

  private static KernelSocket socket(SocketLayer layer, boolean messages) throws IOException {
    try {
      return messages ? layer.seqpacket() : layer.stream();
    } catch (ErrnoException e) {
      throw new IOException(e);
    }
  }

  private static ByteBuffer bytes(int length, int seed) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) (i * 31 + seed + i / 251);
    }
    return ByteBuffer.wrap(bytes);
  }

  private static void readAll(KernelSocket socket, int length) throws Exception {
    ByteBuffer buffer = ByteBuffer.allocate(length);
    int count = 1;
    while (buffer.hasRemaining() && count > 0) {
      count = socket.read(buffer, CALL_NANOS);
    }
  }

  private static void streamsBothWays(Lab lab) throws Exception {
    Ends ends = connect(lab, false);
    for (int length : new int[] {1, 100, 4096, 65_537, 200_000}) {
      ends.guest().write(bytes(length, length), CALL_NANOS);
      readAll(ends.host(), length);
      ends.host().write(bytes(length, -length), CALL_NANOS);
      readAll(ends.guest(), length);
    }
    ends.guest().write(bytes(7, 0), CALL_NANOS); // the last word before the end
    ends.guest().shutdown(KernelSocket.Direction.WRITE);
    readAll(ends.host(), 100);
    ends.host().close();
    ends.guest().close();
    ends.listener().close();
  }

  private static void aFullWindow(Lab lab) throws Exception {
    Ends ends = connect(lab, false);
    while (ends.guest().write(bytes(10_000, 1), KernelSocket.NO_WAIT) > 0) {}
    readAll(ends.host(), 100_000);
  }

  private static void aDelayedStream(Lab lab) throws Exception {
    Ends ends = connect(lab, false);
    InjectedFault fault = lab.inject(Faults.delay(Duration.ofMillis(1)));
    ends.guest().write(bytes(150_000, 5), CALL_NANOS);
    readAll(ends.host(), 150_000);
    fault.close();
  }

  private static void messages(Lab lab) throws Exception {
    Ends ends = connect(lab, true);
    ends.guest().send(bytes(10, 1), 0, CALL_NANOS);
    ends.guest().send(bytes(20, 2), KernelSocket.MSG_EOR, CALL_NANOS);
    ends.guest().send(bytes(70_000, 3), 0, CALL_NANOS);
    ends.host().receive(ByteBuffer.allocate(100), 0, CALL_NANOS);
    ends.host().receive(ByteBuffer.allocate(5), 0, CALL_NANOS); // cut off
    ends.host().receive(ByteBuffer.allocate(100_000), 0, CALL_NANOS);
  }

  private static void aRefusedConnect(Lab lab) throws Exception {
    KernelSocket guest = socket(layer(lab.guest(42)), false);
    guest.setOption(VsockSocketOptions.CONNECT_TIMEOUT, Duration.ofMillis(50));
    guest.connect(VsockAddress.host(PORT), CALL_NANOS);
  }

  private static void twoShutdowns(Lab lab) throws Exception {
    Ends ends = connect(lab, false);
    ends.guest().shutdown(KernelSocket.Direction.READ);
    ends.guest().shutdown(KernelSocket.Direction.WRITE);
  }

  private static void theEndAfterAReset(Lab lab) throws Exception {
    Ends ends = connect(lab, false);
    InjectedFault fault = lab.inject(Faults.resetAt(PacketOp.RW));
    ends.guest().write(bytes(1, 1), CALL_NANOS);
    fault.close();
    ends.guest().close();
    ends.host().close();
  }

  private static void aReaderIsClosed(Lab lab) throws Exception {
    Ends ends = connect(lab, false);
    Thread reader = start(() -> ends.guest().read(ByteBuffer.allocate(1), KernelSocket.FOREVER));
    awaitWaiting(reader);
    ends.guest().close();
  }

  private static void aReaderGetsData(Lab lab) throws Exception {
    Ends ends = connect(lab, false);
    Thread reader = start(() -> ends.guest().read(ByteBuffer.allocate(1), KernelSocket.FOREVER));
    awaitWaiting(reader);
    ends.host().write(bytes(1, 1), CALL_NANOS);
  }

  private static void awaitWaiting(Thread reader) {
    while (reader.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
  }

  private static void aListenerIsClosed(Lab lab) throws Exception {
    connect(lab, false).listener().close();
  }
}
