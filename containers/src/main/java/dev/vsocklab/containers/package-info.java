/**
 * Runs QEMU in a container, through Testcontainers, where the machine has an engine but no QEMU.
 * Read {@link dev.vsocklab.containers.QemuContainer} first. {@link
 * dev.vsocklab.containers.VsockSeccomp} is for something else: containers of a user's own that open
 * vsocks themselves.
 *
 * <pre>
 *   JVM ──pipe──▶ lifeline.sh ══ FOLDER/lifeline (FIFO) ══▶ watchdog.sh ──▶ qemu ──▶ guest
 *    ▲               removes FOLDER at the end               kills qemu when it closes
 *    ├── attached output: the guest's console and QEMU's words
 *    └── Unix sockets in FOLDER, mounted under the same path: QMP, agent, vhost-user
 * </pre>
 *
 * The container has no network, no capability and a read-only root, and runs as the JVM's user. The
 * engine removes it when it ends, so nothing of it is left when the JVM is killed, with or without
 * Ryuk.
 */
@NullMarked
package dev.vsocklab.containers;

import org.jspecify.annotations.NullMarked;
