package dev.vsocklab.contract;

import dev.vsocklab.SeqpacketChannel;
import dev.vsocklab.SeqpacketServerChannel;
import dev.vsocklab.VsockSocketOptions;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/** Two SEQPACKET channels, connected; either takes {@link #CREDIT_BYTES} of unread messages. */
record MessagePair(SeqpacketChannel near, SeqpacketChannel far) implements AutoCloseable {
  static final int CREDIT_BYTES = 4096;

  static MessagePair on(VsockNet net) throws IOException {
    try (SeqpacketServerChannel listener = net.seqpacketListener()) {
      listener.setOption(VsockSocketOptions.BUFFER_SIZE, (long) CREDIT_BYTES);
      listener.bind(net.anyPort());
      SeqpacketChannel near = net.seqpacketChannel();
      near.setOption(VsockSocketOptions.BUFFER_SIZE, (long) CREDIT_BYTES);
      near.connect(addressOf(net, listener));
      return new MessagePair(near, Objects.requireNonNull(listener.accept()));
    }
  }

  static SocketAddress addressOf(VsockNet net, SeqpacketServerChannel listener) throws IOException {
    return net.reach(Objects.requireNonNull(listener.getLocalAddress()));
  }

  /** Takes one message, of at most 8192 bytes. */
  static String read(SeqpacketChannel channel) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(2 * CREDIT_BYTES);
    int n = channel.read(buffer);
    return n < 0
        ? "the end"
        : new String(buffer.array(), 0, buffer.position(), StandardCharsets.US_ASCII);
  }

  @Override
  public void close() throws IOException {
    near.close();
    far.close();
  }
}
