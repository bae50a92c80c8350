package dev.vsocklab.qemu.agent;

import java.io.IOException;
import java.nio.ByteBuffer;

/** A SEND: all of its bytes go to the agent at once, in as many frames as that takes. */
final class SendCall {
  private SendCall() {}

  /**
   * Sends and waits.
   *
   * @param connection to the agent
   * @param frame the call's fields
   * @param src the payload; its position stays
   * @return the call, answered
   * @throws IOException if the connection ended
   */
  static Call send(AgentConnection connection, CallFrame frame, ByteBuffer src) throws IOException {
    Call call = new Call(AgentOp.SEND);
    ByteBuffer rest = src.duplicate();
    int id = connection.send(call, frame, next(rest));
    while (rest.hasRemaining()) {
      connection.sendData(id, next(rest));
    }
    call.await(Long.MAX_VALUE);
    return connection.answered(call);
  }

  private static ByteBuffer next(ByteBuffer rest) {
    int length = Math.min(rest.remaining(), AgentConnection.MAX_DATA_BYTES);
    ByteBuffer chunk = rest.slice(rest.position(), length);
    rest.position(rest.position() + length);
    return chunk;
  }
}
