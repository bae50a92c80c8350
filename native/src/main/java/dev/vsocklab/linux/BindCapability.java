package dev.vsocklab.linux;

import com.sun.jna.Native;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.IntSupplier;

/**
 * CAP_NET_BIND_SERVICE, which a thread has or has not: taken from the calling one for the time of a
 * call, so that the kernel itself refuses.
 *
 * <p>Source: capabilities(7), {@code include/uapi/linux/capability.h}.
 */
final class BindCapability {
  private static final int VERSION_3 = 0x20080522;
  private static final int BIT = 1 << 10; // CAP_NET_BIND_SERVICE
  private static final int HEADER_BYTES = 8; // u32 version, int pid: 0 is this thread
  private static final int SETS_BYTES = 2 * 3 * Integer.BYTES; // effective, permitted, inheritable

  static {
    Native.register(BindCapability.class, "c");
  }

  private BindCapability() {}

  /** Whether this thread has it. */
  static boolean isHeld() {
    return (ordered(sets()).getInt(0) & BIT) != 0;
  }

  /**
   * Makes a call without it.
   *
   * @param call the call; it stays in this thread
   * @return its result
   */
  static int without(IntSupplier call) {
    byte[] sets = sets();
    int effective = ordered(sets).getInt(0);
    if ((effective & BIT) == 0) {
      return call.getAsInt();
    }
    setEffective(sets, effective & ~BIT);
    try {
      return call.getAsInt();
    } finally {
      setEffective(sets, effective);
    }
  }

  private static byte[] sets() {
    byte[] sets = new byte[SETS_BYTES];
    check(capget(header(), sets));
    return sets;
  }

  private static void setEffective(byte[] sets, int effective) {
    ordered(sets).putInt(0, effective);
    check(capset(header(), sets));
  }

  private static ByteBuffer ordered(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
  }

  private static void check(int result) {
    if (result != 0) {
      throw new IllegalStateException(
          "This thread's capabilities cannot be changed: errno " + Native.getLastError() + ".");
    }
  }

  private static byte[] header() {
    byte[] header = new byte[HEADER_BYTES];
    ordered(header).putInt(0, VERSION_3);
    return header;
  }

  private static native int capget(byte[] header, byte[] sets);

  private static native int capset(byte[] header, byte[] sets);
}
