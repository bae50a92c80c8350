package dev.vsocklab.sim.stack;

/**
 * What carries a socket's packets.
 *
 * <p>Source: Linux {@code vsock_assign_transport}.
 */
public enum Transport {
  /** Host to guest: vhost_vsock. */
  HOST_TO_GUEST,
  /** Guest to host: the virtio driver. */
  GUEST_TO_HOST,
  /** This machine to itself: vsock_loopback. */
  LOOPBACK
}
