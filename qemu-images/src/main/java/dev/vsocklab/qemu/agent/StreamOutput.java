package dev.vsocklab.qemu.agent;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Objects;

/** A program's input, or a file that is put, as a stream: a write returns once it is taken. */
final class StreamOutput extends OutputStream {
  private final AgentConnection connection;
  private final int handle;
  private final String name;

  StreamOutput(AgentConnection connection, int handle, String name) {
    this.connection = connection;
    this.handle = handle;
    this.name = name;
  }

  @Override
  public void write(int oneByte) throws IOException {
    write(new byte[] {(byte) oneByte}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    ByteBuffer src = ByteBuffer.wrap(bytes, offset, length);
    while (src.hasRemaining()) {
      WriteCall call = WriteCall.write(connection, handle, src, Long.MAX_VALUE);
      if (call.errno() != 0) {
        throw new IOException(
            name
                + " took "
                + (src.position() - offset)
                + " of "
                + length
                + " bytes, then no more (errno "
                + call.errno()
                + ").");
      }
    }
  }

  @Override
  public void close() throws IOException {
    connection.call(new CallFrame(AgentOp.CLOSE).u32(handle)); // closing again does nothing
  }
}
