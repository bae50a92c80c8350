/**
 * Real Linux guests: what a test sees of them, and the backends that put image, launcher, agent and
 * device together: {@code vhost-user}, {@code vhost}, and {@code loopback} without a device. Read
 * {@link dev.vsocklab.qemu.VhostUserBackend} first, then {@link dev.vsocklab.qemu.GuestPower}: what
 * a test can do to a guest's machine.
 *
 * <pre>
 *   VhostUserBackend ─▶ GuestPool ─▶ GuestVm ─▶ GuestKernel: image ─▶ QemuGuest ─▶ AgentClient
 *          │                            └─▶ VhostUserDevice ─plug─▶ Fabric ◀─ SimMachine (host)
 *          └─▶ VhostUserLab: the host and the leased guests of one test
 *
 *   LoopbackBackend ─▶ GuestPool ─▶ LoopbackVm ─▶ GuestKernel
 *          └─▶ LoopbackLab: host and guests of one test, each the same kernel
 *
 *   VhostBackend ─▶ VhostPool ─▶ VhostHost: NestedHosts, or LocalVhostHost where VhostWay says so
 *          └─▶ VhostLab: a real host and its real guests
 * </pre>
 */
@NullMarked
package dev.vsocklab.qemu;

import org.jspecify.annotations.NullMarked;
