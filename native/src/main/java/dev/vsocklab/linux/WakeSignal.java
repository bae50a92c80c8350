package dev.vsocklab.linux;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * The signal that ends a call which sleeps in the kernel. As the JDK's own channels do, it is sent
 * only to threads that are inside such a call, and here these are threads of this package's own: no
 * thread of the program ever gets one.
 *
 * <p>It is the highest real-time signal that nobody uses when the first call needs one. Its handler
 * is a C function without an effect, installed without SA_RESTART: the call ends with EINTR.
 */
final class WakeSignal {
  private static final int HIGHEST = 61; // SIGRTMAX is 64, and SIGRTMAX - 2 the JDK's
  private static final int LOWEST = 35; // below are the C library's own

  private static final int SIG_UNBLOCK = 1;
  private static final long SIG_DFL = 0;
  private static final int SIGSET_BYTES = 128;

  // struct sigaction as glibc and musl have it: handler 8, mask 128, flags 4 (+4), restorer 8.
  private static final int SIGACTION_BYTES = Long.BYTES + SIGSET_BYTES + 2 * Long.BYTES;

  private static final int NUMBER;

  static {
    // Of the process and not of libc.so: before glibc 2.34 the functions of threads were elsewhere.
    NativeLibrary process = NativeLibrary.getProcess();
    Native.register(WakeSignal.class, process);
    NUMBER = install(Pointer.nativeValue(process.getFunction("getppid")));
  }

  private WakeSignal() {}

  /** Takes a signal that still has its default action. */
  private static int install(long handler) {
    byte[] present = new byte[SIGACTION_BYTES];
    byte[] wanted = new byte[SIGACTION_BYTES];
    ByteBuffer.wrap(wanted).order(ByteOrder.nativeOrder()).putLong(0, handler);
    for (int number = HIGHEST; number >= LOWEST; number--) {
      if (sigaction(number, null, present) == 0
          && ByteBuffer.wrap(present).getLong(0) == SIG_DFL
          && sigaction(number, wanted, null) == 0) {
        return number;
      }
    }
    throw new IllegalStateException(
        "Every real-time signal from "
            + LOWEST
            + " to "
            + HIGHEST
            + " has a handler in this process already; one is needed to end calls that sleep in"
            + " the kernel. Let another library leave one alone.");
  }

  /** Readies this thread: it can be woken from now on, whatever its parent had blocked. */
  static void unblockHere() {
    byte[] set = new byte[SIGSET_BYTES];
    int bit = NUMBER - 1;
    ByteBuffer.wrap(set).order(ByteOrder.nativeOrder()).putLong(0, 1L << bit);
    pthread_sigmask(SIG_UNBLOCK, set, null);
  }

  /** This thread, for {@link #send}. */
  static long thisThread() {
    return pthread_self();
  }

  /**
   * Ends the call that a thread sleeps in; the thread must not have ended.
   *
   * @param thread what {@link #thisThread} gave it
   */
  static void send(long thread) {
    pthread_kill(thread, NUMBER);
  }

  private static native int sigaction(
      int number, byte @Nullable [] action, byte @Nullable [] former);

  private static native int pthread_sigmask(int how, byte[] set, byte @Nullable [] former);

  private static native long pthread_self();

  private static native int pthread_kill(long thread, int number);
}
