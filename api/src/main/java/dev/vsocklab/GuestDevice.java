package dev.vsocklab;

import java.io.IOException;

/**
 * A guest's virtio-vsock device, for what happens to it from outside: a view of a guest, see {@link
 * Machine#as}.
 */
public interface GuestDevice {

  /**
   * Tells the guest that its transport was reset, as after a restore from a snapshot: every
   * connection of the guest over it is gone.
   *
   * <p>In the guest each connected socket gets ECONNRESET once, and ENOTCONN from then on; what it
   * had not read is lost. A connect under way is left to its timeout, listeners live on. Source:
   * virtio 1.3 section 5.10.6.7, Linux {@code virtio_vsock_reset_sock}.
   *
   * @throws IOException if the guest cannot be told
   */
  void resetTransport() throws IOException;

  /**
   * Resets the transport and gives the guest another CID, as a migration to another host does. The
   * guest is then reached under the new CID alone, and {@link Machine#cid} tells it.
   *
   * @param newCid 3 to 4294967294
   * @throws IllegalStateException if another machine of the lab has that CID
   * @throws IOException if the guest cannot be told
   */
  void resetTransport(long newCid) throws IOException;

  /**
   * Takes the device away, as the end of the hypervisor does: host sockets that are connected to
   * the guest read what had arrived, then get ECONNRESET; connects to its CID give ENODEV. In the
   * guest it is a transport reset after which nothing comes through. Source: Linux {@code
   * vhost_vsock_dev_release}, {@code virtio_vsock_remove}.
   *
   * @throws IOException if it cannot be taken away
   */
  void unplug() throws IOException;
}
