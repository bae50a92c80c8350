package dev.vsocklab.ci.docs;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

/** The page's protocol: a message is a byte with its length, then its text. */
final class Frames {

  private Frames() {}

  static void write(SocketChannel channel, String message) throws IOException {
    ByteBuffer text = UTF_8.encode(message);
    ByteBuffer frame = ByteBuffer.allocate(1 + text.remaining());
    frame.put((byte) text.remaining()).put(text).flip();
    while (frame.hasRemaining()) {
      channel.write(frame);
    }
  }

  static List<String> readUntilEnd(SocketChannel channel) throws IOException {
    List<String> messages = new ArrayList<>();
    ByteBuffer buffer = ByteBuffer.allocate(256);
    while (channel.read(buffer.clear()) > 0) {
      buffer.flip();
      int length = buffer.get();
      messages.add(UTF_8.decode(buffer.limit(1 + length)).toString());
    }
    return messages;
  }
}
