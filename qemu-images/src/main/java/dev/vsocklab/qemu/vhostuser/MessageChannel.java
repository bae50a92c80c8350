package dev.vsocklab.qemu.vhostuser;

import dev.vsocklab.linux.Fd;
import dev.vsocklab.linux.UnixConnection;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Cuts QEMU's byte stream into messages, and writes replies. A message may come in any pieces; its
 * length, and nothing else, says where it ends. Never waits.
 *
 * <p>Source: vhost-user.rst, "Message structure": three native-endian u32, request, flags and
 * payload size, then the payload.
 */
final class MessageChannel implements AutoCloseable {
  private static final int HEADER_BYTES = 12;
  private static final int FLAGS = 4;
  private static final int SIZE = 8;

  private static final int VERSION_MASK = 0x3;
  private static final int VERSION = 0x1;
  private static final int REPLY = 0x4;
  private static final int NEED_REPLY = 0x8;

  private final UnixConnection connection;
  private final ByteBuffer header = direct(HEADER_BYTES);
  private final ByteBuffer payload = direct(Request.MAX_PAYLOAD_BYTES);
  private final ByteBuffer reply = direct(HEADER_BYTES + Request.MAX_PAYLOAD_BYTES);
  private final List<Fd> fds = new ArrayList<>();
  private @Nullable Request request;
  private boolean ended;

  MessageChannel(UnixConnection connection) {
    this.connection = connection;
  }

  private static ByteBuffer direct(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
  }

  Fd fd() {
    return connection.fd();
  }

  /** Whether QEMU has closed its end. */
  boolean ended() {
    return ended;
  }

  /**
   * The next message, as far as it has arrived.
   *
   * @return the message, or null if it is not complete yet, or none will come ({@link #ended})
   * @throws DeviceFailure if what arrives is no message for a vsock device
   */
  @Nullable Message next() throws IOException, DeviceFailure {
    while (true) {
      Request current = request;
      ByteBuffer part = current == null ? header : payload;
      if (part.hasRemaining()) {
        int readBytes = connection.receive(part, fds);
        ended = readBytes < 0;
        if (readBytes <= 0) {
          return null;
        }
      } else if (current == null) {
        request = begin();
      } else {
        return finish(current);
      }
    }
  }

  private Request begin() throws DeviceFailure {
    int id = header.getInt(0);
    int flags = header.getInt(FLAGS);
    long sizeBytes = Integer.toUnsignedLong(header.getInt(SIZE));
    Request found = Request.fromId(id);
    if (found == null) {
      throw new DeviceFailure(
          "QEMU sent vhost-user request "
              + Integer.toUnsignedString(id)
              + " ("
              + sizeBytes
              + " bytes), which a vsock device does not serve.");
    }
    if ((flags & VERSION_MASK) != VERSION || (flags & REPLY) != 0) {
      throw new DeviceFailure(
          "QEMU sent "
              + found
              + " with flags 0x"
              + Integer.toHexString(flags)
              + "; a request has version 1 and no reply bit.");
    }
    if (!found.allowsPayloadBytes(sizeBytes)) {
      throw new DeviceFailure(
          "QEMU sent " + found + " with a payload of " + sizeBytes + " bytes, which it never has.");
    }
    payload.clear().limit((int) sizeBytes);
    return found;
  }

  private Message finish(Request complete) throws DeviceFailure {
    if (fds.size() > complete.maxFds()) {
      throw new DeviceFailure(
          "QEMU sent "
              + complete
              + " with "
              + fds.size()
              + " file descriptors, at most "
              + complete.maxFds()
              + " belong to it.");
    }
    Message message =
        new Message(
            complete,
            (header.getInt(FLAGS) & NEED_REPLY) != 0,
            payload.flip(),
            new ArrayList<>(fds));
    fds.clear();
    request = null;
    header.clear();
    return message;
  }

  /** Answers with one number, as most requests are answered. */
  void replyU64(Request answered, long value) throws IOException {
    beginReply(answered, Long.BYTES).putLong(value);
    send();
  }

  /** Answers with a ring's state. */
  void replyState(Request answered, int ring, int value) throws IOException {
    beginReply(answered, 2 * Integer.BYTES).putInt(ring).putInt(value);
    send();
  }

  /** Answers with these bytes, from index 0 to the limit. */
  void replyBytes(Request answered, ByteBuffer bytes) throws IOException {
    beginReply(answered, bytes.limit()).put(bytes.duplicate().position(0));
    send();
  }

  private ByteBuffer beginReply(Request answered, int payloadBytes) {
    return reply.clear().putInt(answered.id()).putInt(VERSION | REPLY).putInt(payloadBytes);
  }

  private void send() throws IOException {
    connection.send(reply.flip(), List.of());
  }

  /** Closes the connection, and the descriptors of a message that was not complete. */
  @Override
  public void close() {
    fds.forEach(Fd::close);
    fds.clear();
    connection.close();
  }
}
