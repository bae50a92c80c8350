package dev.vsocklab.qemu.vhostuser;

import dev.vsocklab.linux.Fd;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * One request of QEMU's, complete and of the right size.
 *
 * @param request what is asked
 * @param wantsAck whether the need_reply flag is set
 * @param payload the payload from index 0 to its limit, in native order; valid until the next
 *     message is read
 * @param fds what came along; whoever takes one removes it, the rest is closed
 */
record Message(Request request, boolean wantsAck, ByteBuffer payload, List<Fd> fds) {

  /** Takes over the first descriptor. */
  Fd takeFd() throws DeviceFailure {
    if (fds.isEmpty()) {
      throw new DeviceFailure(
          "QEMU's vhost-user message " + request + " came without its file descriptor.");
    }
    return fds.remove(0);
  }
}
