package dev.vsocklab.qemu.agent;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A WRITE, also of more bytes than one frame holds: the rest follows as the kernel takes them.
 *
 * <p>The agent tells how many the kernel took, so the count is exact also when the call ends early.
 */
final class WriteCall extends Call {
  /** Bytes that may be under way beyond what the kernel took: the protocol's write window. */
  private static final int WINDOW_BYTES = 128 * 1024;

  private volatile int progressBytes;
  private int sentBytes;
  private int totalBytes;

  private WriteCall() {
    super(AgentOp.WRITE);
  }

  /**
   * Writes and waits.
   *
   * @param connection to the agent
   * @param handle where to
   * @param src what, at least one byte; its position moves by what the kernel took
   * @param timeoutNanos as the SPI has it
   * @return the call, done
   * @throws IOException if the connection ended
   */
  static WriteCall write(AgentConnection connection, int handle, ByteBuffer src, long timeoutNanos)
      throws IOException {
    WriteCall call = new WriteCall();
    call.totalBytes = src.remaining();
    CallFrame frame =
        new CallFrame(AgentOp.WRITE).u32(handle).u32(call.totalBytes).u64(timeoutNanos);
    int id = connection.send(call, frame, call.nextChunk(src));
    while (call.sentBytes < call.totalBytes && !call.await(Long.MAX_VALUE)) {
      while (call.awaited()) {
        connection.sendData(id, call.nextChunk(src));
      }
    }
    call.await(Long.MAX_VALUE);
    connection.answered(call);
    src.position(src.position() + call.writtenBytes());
    return call;
  }

  /** What the kernel took. */
  int writtenBytes() {
    return result().getInt(0);
  }

  @Override
  void progress(int writtenBytes) {
    progressBytes = writtenBytes;
    wake();
  }

  /** Whether there is more to send and room in the window for another chunk of it. */
  @Override
  boolean awaited() {
    return sentBytes < totalBytes && sentBytes + nextLength() - progressBytes <= WINDOW_BYTES;
  }

  private int nextLength() {
    return Math.min(AgentConnection.MAX_DATA_BYTES, totalBytes - sentBytes);
  }

  private ByteBuffer nextChunk(ByteBuffer src) {
    int length = nextLength();
    ByteBuffer chunk = src.slice(src.position() + sentBytes, length);
    sentBytes += length;
    return chunk;
  }
}
