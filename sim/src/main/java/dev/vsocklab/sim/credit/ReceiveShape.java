package dev.vsocklab.sim.credit;

import dev.vsocklab.sim.wire.Header;

/**
 * In which pieces a machine's transport hands packets to a socket. It decides in which steps {@code
 * fwd_cnt} moves.
 *
 * @param fragmentMaxBytes payload that fits one of the machine's receive buffers; a larger packet
 *     arrives as several
 * @param mergeCapacityBytes how large a queued packet may grow when a small one is merged into it;
 *     0 where packets are never merged
 */
public record ReceiveShape(int fragmentMaxBytes, int mergeCapacityBytes) {

  /**
   * A guest's virtio driver posts buffers of 4096 bytes less the kernel's own 320, with the header
   * in them: vhost splits larger packets. Source: Linux {@code VIRTIO_VSOCK_DEFAULT_RX_BUF_SIZE},
   * seen on 6.1.192 as one 3776-byte element.
   */
  public static final ReceiveShape GUEST =
      new ReceiveShape(3776 - Header.BYTES, 3776 - Header.BYTES);

  /** vhost on the host takes every packet whole; nothing is merged there in this simulator. */
  public static final ReceiveShape HOST = new ReceiveShape(Header.MAX_PAYLOAD_BYTES, 0);
}
