/**
 * Hosts whose kernel has vhost_vsock, and the real guests on them. Read {@link
 * dev.vsocklab.qemu.vhost.VhostHost} first: what backend {@code vhost} lends to a lab; then {@code
 * NestedHost}, the one that runs anywhere.
 *
 * <pre>
 *   JVM ─── Unix sockets of QEMU ───┐
 *                                   ▼ virtio-serial ports
 *   ┌ QEMU: the nested host ────────────────────────────────────────────────────────┐
 *   │  agent   ◀─ init, the keeper: starts the guests' QEMU and waits for their end │
 *   │  host    ◀─ the same program once more: the test's sockets and programs       │
 *   │  guest0  ◀─▶ ┌ QEMU: vm(42) ──────────────────────┐                           │
 *   │              │ agent ◀─ init   vhost-vsock-pci ◀──┼──▶ vhost_vsock            │
 *   │              └────────────────────────────────────┘                           │
 *   └───────────────────────────────────────────────────────────────────────────────┘
 * </pre>
 *
 * The bytes of a guest's agent go through the host unread: the guest's QEMU has the host's port as
 * its character device. {@code NestedHosts} saves a host whole, with its live guests, and restores
 * it; {@code VhostPool} lends hosts to labs.
 */
@NullMarked
package dev.vsocklab.qemu.vhost;

import org.jspecify.annotations.NullMarked;
