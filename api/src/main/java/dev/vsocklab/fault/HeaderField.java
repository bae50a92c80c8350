package dev.vsocklab.fault;

/** A field of a packet's header, for {@link BrokenPeer#corrupt}. Source: virtio 1.3 5.10.6. */
public enum HeaderField {
  /** {@code len}: payload bytes. */
  LENGTH,
  /** {@code type}: 1 stream, 2 seqpacket. */
  TYPE,
  /** {@code op}. */
  OP,
  /** {@code flags}. */
  FLAGS,
  /** {@code src_port}. */
  SOURCE_PORT,
  /** {@code dst_port}. */
  DESTINATION_PORT,
  /** {@code buf_alloc}: the sender's receive buffer in bytes. */
  BUF_ALLOC,
  /** {@code fwd_cnt}: bytes that the sender's user consumed, modulo 2<sup>32</sup>. */
  FWD_CNT
}
