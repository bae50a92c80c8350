package dev.vsocklab.ci.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.KernelSocket;
import dev.vsocklab.spi.KernelSocket.Received;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;

/** What the cases send, and how they receive it. */
final class Bytes {
  /** Linux's default receive buffer, and so the first window. */
  static final int CREDIT = 262_144;

  static final int KIB = 1024;
  static final int MIB = 1024 * KIB;

  private Bytes() {}

  /** Bytes that tell a mix-up: the same seed gives the same ones. */
  static byte[] random(int length, long seed) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  /** Sends all of it in one call that may wait. */
  static void send(KernelSocket socket, byte[] bytes) throws ErrnoException, IOException {
    assertEquals(
        bytes.length, socket.send(ByteBuffer.wrap(bytes), 0, KernelSocket.FOREVER), "bytes sent");
  }

  /** Sends one byte. */
  static void sendByte(KernelSocket socket) throws ErrnoException, IOException {
    send(socket, new byte[] {'A'});
  }

  /** Tries to send one byte without waiting: its result or errno is what the case is about. */
  static int trySendByte(KernelSocket socket) throws ErrnoException, IOException {
    return socket.send(ByteBuffer.wrap(new byte[] {'A'}), 0, KernelSocket.NO_WAIT);
  }

  /** One recvmsg() that does not wait; the result as the kernel has it. */
  static int tryReceive(KernelSocket socket, int roomBytes) throws ErrnoException, IOException {
    return tryReceive(socket, roomBytes, 0).lengthBytes();
  }

  /** One recvmsg() with flags that does not wait. */
  static Received tryReceive(KernelSocket socket, int roomBytes, int flags)
      throws ErrnoException, IOException {
    return socket.receive(ByteBuffer.allocate(roomBytes), flags, KernelSocket.NO_WAIT);
  }

  /** One recvmsg() that may wait. */
  static byte[] receive(KernelSocket socket, int roomBytes, int flags)
      throws ErrnoException, IOException {
    ByteBuffer room = ByteBuffer.allocate(roomBytes);
    socket.receive(room, flags, KernelSocket.FOREVER);
    return Arrays.copyOf(room.array(), room.position());
  }

  /** Receives so many bytes of a stream, in as many calls as it takes. */
  static byte[] receiveAll(KernelSocket socket, int length) throws ErrnoException, IOException {
    ByteBuffer room = ByteBuffer.allocate(length);
    while (room.hasRemaining()) {
      int got = socket.receive(room, 0, KernelSocket.FOREVER).lengthBytes();
      if (got <= 0) {
        throw new AssertionError(
            "The stream ended with " + got + " after " + room.position() + " of " + length);
      }
    }
    return room.array();
  }

  /** Sends without waiting until there is no credit; tells how much was taken. */
  static int fill(KernelSocket socket) throws ErrnoException, IOException {
    ByteBuffer src = ByteBuffer.allocate(MIB);
    int taken = 0;
    while (true) {
      src.clear();
      int sent = socket.send(src, 0, KernelSocket.NO_WAIT);
      if (sent == KernelSocket.WOULD_BLOCK) {
        return taken;
      }
      taken += sent;
    }
  }

  /** Waits until a message or bytes of this length are queued, without taking them. */
  static void awaitQueued(KernelSocket socket, int length) throws Exception {
    Eventually.holds(
        length + " bytes are queued",
        () -> tryReceive(socket, length, KernelSocket.MSG_PEEK).lengthBytes() == length);
  }
}
