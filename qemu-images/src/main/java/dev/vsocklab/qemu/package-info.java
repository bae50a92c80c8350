/**
 * Real Linux guests: what a test sees of them, and the backends that put image, launcher, agent and
 * device together: {@code vhost-user}, {@code vhost}, and {@code loopback} without a device. Read
 * {@link dev.vsocklab.qemu.VhostUserBackend} first, then {@link dev.vsocklab.qemu.GuestPower}: what
 * a test can do to a guest's machine.
 *
 * <pre>
 *   VhostUserBackend ─▶ GuestPool, Boots ─▶ GuestVm ─▶ GuestKernel: image ─▶ QemuGuest ─▶ AgentClient
 *          │                                   └─▶ VhostUserDevice ─plug─▶ Fabric ◀─ SimMachine (host)
 *          └─▶ VhostUserLab: the host and the leased guests of one test
 *                 GuestSetup brings its files and programs in, Casualties tells of guests that died
 *
 *   LoopbackBackend ─▶ LocalKernel: may this machine's own be used? ─▶ LocalLoopback
 *          ├─▶ else GuestPool ─▶ LoopbackVm ─▶ GuestKernel, lent as LentLoopbackVm
 *          └─▶ LoopbackLab: host and guests of one test, each the same LoopbackKernel
 *
 *   VhostBackend ─▶ VhostPool ─▶ VhostHost: NestedHosts, or LocalVhostHost where VhostWay says so
 *          └─▶ VhostLab: a real host and its real guests
 *
 *   StandaloneGuest ─▶ GuestKernel: of no lab, for programs with files of theirs
 * </pre>
 */
@NullMarked
package dev.vsocklab.qemu;

import org.jspecify.annotations.NullMarked;
