package dev.vsocklab.qemu.agent;

import java.nio.ByteBuffer;

/** A RECV whose bytes go straight from the receive buffer to the caller's. */
final class RecvCall extends Call {
  private final ByteBuffer dst;
  private int lengthBytes;
  private int messageFlags;

  /**
   * Creates the call.
   *
   * @param dst with room for all that is asked for; nobody else may touch it until the call is done
   */
  RecvCall(ByteBuffer dst) {
    super(AgentOp.RECV);
    this.dst = dst;
  }

  @Override
  void take(int errno, ByteBuffer body) {
    if (errno == 0) {
      lengthBytes = body.getInt();
      messageFlags = body.getInt();
      dst.put(body);
    }
  }

  /** What recvmsg gave: with MSG_TRUNC it may be more than was copied. */
  int lengthBytes() {
    return lengthBytes;
  }

  /** Its msg_flags. */
  int messageFlags() {
    return messageFlags;
  }
}
