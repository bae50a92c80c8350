package dev.vsocklab.ci.bench;

import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;

/** Two ends that can write to each other. */
record Link(End one, End two, Transport.Closer closer) {

  /** One end; a socket is both channels at once. */
  record End(ReadableByteChannel in, WritableByteChannel out) {

    void close() throws IOException {
      in.close();
      out.close();
    }
  }

  void close() throws IOException {
    one.close();
    two.close();
    closer.close();
  }
}
