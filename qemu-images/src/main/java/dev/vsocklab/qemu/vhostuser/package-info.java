/**
 * A guest kernel in QEMU as one more machine on the fabric: the device side of virtio-vsock, spoken
 * over vhost-user. Read {@link dev.vsocklab.qemu.vhostuser.VhostUserDevice} first, then {@code
 * Session}, which obeys QEMU, and {@code TxQueue} and {@code RxQueue}, which move packets.
 *
 * <pre>
 *   QEMU ──messages──▶ MessageChannel ──▶ Session ──starts, stops──▶ TxQueue, RxQueue
 *
 *   guest ──tx ring──▶ TxQueue ──▶ Uplink ──Fabric.carry──▶ the host's stack
 *   guest ◀──rx ring── RxQueue ◀── Uplink ◀──Port.receive── the host's stack
 *               │
 *               └ SplitRing ─▶ DescriptorChain ─▶ GuestMemory
 *
 *   guest ◀──event queue, which QEMU keeps to itself── EventRing ◀── TransportResets
 * </pre>
 *
 * <p>There is no protocol here: what a connection does is the stack's business at the other end of
 * the fabric. What is here checks every number that the guest or QEMU gives. A packet that Linux's
 * vhost would drop is dropped and counted; anything that breaks the rings or the vhost-user
 * protocol ends the device with one sentence ({@code DeviceFailure}) and never the JVM.
 *
 * <p>One thread per device serves QEMU's messages and the tx ring. Packets for the guest are
 * written into its memory by the thread that brings them.
 */
@NullMarked
package dev.vsocklab.qemu.vhostuser;

import org.jspecify.annotations.NullMarked;
