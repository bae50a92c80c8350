package dev.vsocklab.ci.docs;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

/** The page's protocol, read right. */
final class FixedFrames {

  private FixedFrames() {}

  static List<String> readUntilEnd(SocketChannel channel) throws IOException {
    List<String> messages = new ArrayList<>();
    ByteBuffer length = ByteBuffer.allocate(1);
    while (channel.read(length.clear()) > 0) {
      ByteBuffer text = ByteBuffer.allocate(length.get(0));
      while (text.hasRemaining()) {
        if (channel.read(text) < 0) {
          throw new EOFException("The sender ended within a message.");
        }
      }
      messages.add(UTF_8.decode(text.flip()).toString());
    }
    return messages;
  }
}
