package dev.vsocklab.sim.kernel;

/**
 * One point in which kernels differ, named by what a kernel that has it does. {@link KernelProfile}
 * says which has which.
 *
 * <p>The sources are those of Debian's 6.1.192 and 6.12.117 and, for what came later, mainline of
 * mid-2026.
 */
public enum KernelHabit {
  /**
   * A packet counts as unread, whole, until its last byte was read. Otherwise each byte that was
   * read is subtracted at once. Seen in SIOCINQ, in poll with SO_RCVLOWAT and in when credit is
   * told. Source: {@code virtio_transport_dec_rx_pkt}.
   */
  UNREAD_COUNTS_WHOLE_PACKETS,

  /**
   * A receive queue holds at most {@code buf_alloc / 576} packets, however small; small ones are
   * collapsed into larger before one is refused with ENOBUFS. Source: {@code
   * virtio_transport_inc_rx_pkt}, {@code virtio_transport_collapse_rx_queue}.
   */
  QUEUE_IS_BOUNDED_BY_PACKETS,

  /**
   * Payloads above 32 KiB are kept in pages, into which no small packet is merged. Source: {@code
   * virtio_vsock_alloc_skb}.
   */
  LARGE_PACKETS_ARE_PAGED,

  /**
   * Small packets have their memory from a cache of one size. Decides how much is merged into them.
   * Source: {@code kmalloc_reserve}, {@code SKB_SMALL_HEAD_CACHE_SIZE}.
   */
  SMALL_PACKETS_HAVE_A_CACHE,

  /**
   * What goes wrong inside the transport keeps its errno: EMSGSIZE, EOPNOTSUPP. Otherwise it is
   * ENOMEM. Source: {@code vsock_connectible_sendmsg}, {@code __vsock_seqpacket_recvmsg}.
   */
  TRANSPORT_ERRORS_KEEP_THEIR_ERRNO,

  /** SOCK_SEQPACKET has MSG_PEEK. Source: {@code virtio_transport_seqpacket_dequeue}. */
  SEQPACKET_CAN_PEEK,

  /**
   * A stream send that would give EPIPE gives the pending error instead, and clears it. Source:
   * {@code sk_stream_error}.
   */
  EPIPE_GIVES_WAY_TO_PENDING_ERROR,

  /**
   * connect() forgets an error that an earlier one left. Otherwise it fails with that one, at once.
   * Source: {@code vsock_connect}.
   */
  CONNECT_CLEARS_ERROR,

  /** Setting SO_RCVLOWAT may tell credit. Source: {@code virtio_transport_notify_set_rcvlowat}. */
  LOW_WATER_TELLS_CREDIT,

  /** There is SIOCOUTQ. Source: {@code vsock_do_ioctl}. */
  HAS_SIOCOUTQ,

  /** There is SIOCINQ. Source: {@code vsock_do_ioctl}. */
  HAS_SIOCINQ,

  /** An unknown ioctl is ENOTTY. Otherwise EOPNOTSUPP, {@code sock_no_ioctl}. */
  UNKNOWN_IOCTL_IS_ENOTTY,

  /**
   * A lingering close waits until the device took everything. Otherwise it waits for the peer's
   * RST. Source: {@code vsock_linger}, {@code virtio_transport_wait_close}.
   */
  LINGER_WAITS_FOR_UNSENT,

  /**
   * A packet must come from the address that the socket is connected to. Otherwise one that finds
   * the socket by its bound port is taken, whoever sent it. Source: {@code vsock_check_source}.
   */
  SOURCE_IS_CHECKED
}
