package dev.vsocklab.qemu.agent;

import java.nio.ByteBuffer;

/** A READ whose bytes go straight from the receive buffer to the caller's. */
final class ReadCall extends Call {
  private final ByteBuffer dst;
  private int readBytes;

  /**
   * Creates the call.
   *
   * @param dst with room for all that is asked for; nobody else may touch it until the call is done
   */
  ReadCall(ByteBuffer dst) {
    super(AgentOp.READ);
    this.dst = dst;
  }

  @Override
  void take(int errno, ByteBuffer body) {
    readBytes = body.remaining();
    dst.put(body);
  }

  /** Bytes read; 0 at the end of the stream. */
  int readBytes() {
    return readBytes;
  }
}
