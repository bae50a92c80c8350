package dev.vsocklab.spi;

import java.io.IOException;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One machine's AF_VSOCK socket layer: what {@code socket(2)} is to a program. Every machine offers
 * it as a view, {@code machine.as(SocketLayer.class)}: for tests of what the JDK's faces do not
 * show.
 */
public interface SocketLayer {

  /**
   * Opens a SOCK_STREAM socket.
   *
   * @return the socket, unbound
   * @throws ErrnoException if the machine has none to give
   * @throws IOException if the machine cannot be reached, with the reason; never for a kernel's own
   *     refusal
   */
  KernelSocket stream() throws ErrnoException, IOException;

  /**
   * Opens a SOCK_SEQPACKET socket.
   *
   * @return the socket, unbound
   * @throws ErrnoException if the machine has none to give
   * @throws IOException if the machine cannot be reached, with the reason; never for a kernel's own
   *     refusal
   */
  KernelSocket seqpacket() throws ErrnoException, IOException;

  /**
   * The CID that this machine calls its own.
   *
   * @return 0 to 4294967295
   * @throws ErrnoException if the machine refuses
   * @throws IOException if the machine cannot be reached
   */
  long localCid() throws ErrnoException, IOException;

  /**
   * The machine's name in messages.
   *
   * @return for example {@code vm(42)}
   */
  String name();

  /**
   * Makes a lock that may be held while a call waits, with conditions to wait for. A layer that
   * decides itself which thread runs, and when time passes, gives one that it knows; else it is the
   * JDK's own, as here.
   *
   * @return a new lock, held by nobody
   */
  default ReentrantLock newLock() {
    return new ReentrantLock();
  }

  /**
   * The clock that {@link #newLock}'s conditions and this layer's timeouts go by.
   *
   * @return nanoseconds from any origin, as {@link System#nanoTime} tells them
   */
  default long nanoTime() {
    return System.nanoTime();
  }
}
