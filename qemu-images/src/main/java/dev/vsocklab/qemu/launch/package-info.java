/**
 * Runs a guest in QEMU: finds the binary, chooses the fastest machine that works here, captures the
 * console, and sees to it that nothing is left behind. Read {@link
 * dev.vsocklab.qemu.launch.QemuGuest} first, then {@code Watchdog}.
 *
 * <pre>
 *   JVM ──pipe──▶ sh (Watchdog) ──▶ qemu ──▶ guest: init is the agent
 *    ▲ ▲ console    kills qemu when the      │   │
 *    │ └──────────  pipe closes  ◀───────────┘   │
 *    ├── QMP (Unix socket, the JVM listens): pause, resume, reset, save
 *    ├── agent (Unix socket) ◀── virtio-serial port dev.vsocklab.agent
 *    └── state (Unix socket, for a moment): a stopped machine, to or from a file
 * </pre>
 *
 * Knows no virtqueue and no agent protocol; whoever boots a guest speaks to its agent.
 */
@NullMarked
package dev.vsocklab.qemu.launch;

import org.jspecify.annotations.NullMarked;
