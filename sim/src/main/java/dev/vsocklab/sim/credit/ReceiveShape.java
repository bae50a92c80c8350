package dev.vsocklab.sim.credit;

import dev.vsocklab.sim.wire.Header;

/**
 * In which pieces a machine's transport hands packets to a socket. It decides in which steps {@code
 * fwd_cnt} moves.
 */
public enum ReceiveShape {
  /**
   * A guest's virtio driver posts buffers of 4096 bytes less the kernel's own 320, with the header
   * in them: vhost splits larger packets ({@code vhost_transport_do_send_pkt}), and each lies in
   * such a buffer. Source: Linux {@code VIRTIO_VSOCK_DEFAULT_RX_BUF_SIZE}.
   */
  GUEST(3776 - Header.BYTES),

  /** vhost on the host and vsock_loopback take every packet whole, in memory of its size. */
  WHOLE(Header.MAX_PAYLOAD_BYTES);

  private final int fragmentMaxBytes;

  ReceiveShape(int fragmentMaxBytes) {
    this.fragmentMaxBytes = fragmentMaxBytes;
  }

  /** Payload that comes in one piece. */
  int fragmentMaxBytes() {
    return fragmentMaxBytes;
  }
}
