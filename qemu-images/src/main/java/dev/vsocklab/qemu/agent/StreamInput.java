package dev.vsocklab.qemu.agent;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Objects;

/** A program's output as a stream: what is not asked for waits in the guest. */
final class StreamInput extends InputStream {
  private static final int MAX_READ_BYTES = 64 * 1024;

  private final AgentConnection connection;
  private final int handle;
  private final String name;

  StreamInput(AgentConnection connection, int handle, String name) {
    this.connection = connection;
    this.handle = handle;
    this.name = name;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    if (length == 0) {
      return 0;
    }
    int most = Math.min(length, MAX_READ_BYTES);
    CallFrame frame = new CallFrame(AgentOp.READ).u32(handle).u32(most).u64(Long.MAX_VALUE);
    ReadCall call =
        connection.call(new ReadCall(ByteBuffer.wrap(bytes, offset, most)), frame, null);
    if (call.errno() != 0) {
      throw new IOException(name + " is closed (errno " + call.errno() + ").");
    }
    return call.readBytes() == 0 ? -1 : call.readBytes();
  }

  @Override
  public void close() throws IOException {
    connection.call(new CallFrame(AgentOp.CLOSE).u32(handle)); // closing again does nothing
  }
}
