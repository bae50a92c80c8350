/**
 * Real Linux guests: what a test sees of them, and the backend {@code vhost-user} that puts image,
 * launcher, agent and device together. Read {@link dev.vsocklab.qemu.VhostUserBackend} first, then
 * {@link dev.vsocklab.qemu.GuestPower}: what a test can do to a guest's machine.
 *
 * <pre>
 *   VhostUserBackend ─▶ GuestPool ─▶ GuestVm: image ─▶ QemuGuest ─▶ AgentClient
 *          │                            └─▶ VhostUserDevice ─plug─▶ Fabric ◀─ SimMachine (host)
 *          └─▶ VhostUserLab: the host and the leased guests of one test
 * </pre>
 */
@NullMarked
package dev.vsocklab.qemu;

import org.jspecify.annotations.NullMarked;
