package dev.vsocklab.fault;

/** The queues of a guest's virtio device that carry packets. Source: virtio 1.3 5.10.2. */
public enum Virtqueue {
  /** To the guest. */
  RX,
  /** From the guest. */
  TX,
  /** Both at once: neither end hears of the other. */
  BOTH
}
