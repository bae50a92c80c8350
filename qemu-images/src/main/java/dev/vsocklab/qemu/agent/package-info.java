/**
 * The agent inside a real kernel, and its client. Read {@link dev.vsocklab.qemu.agent.AgentClient}
 * first: it makes that kernel's AF_VSOCK sockets a {@link dev.vsocklab.spi.SocketLayer}. Then
 * {@link dev.vsocklab.qemu.agent.GuestPrograms}: programs that a test puts and starts there.
 *
 * <pre>
 *   test's JVM                                                   guest
 *   AgentSocket ──call──▶ AgentConnection ══ Unix socket, QEMU, virtio-serial ══▶ vsock-agent ─▶ kernel
 *       ▲                     │ one I/O thread                                        (PID 1)
 *       └─────── answer ──────┘
 * </pre>
 *
 * A call waits in the agent, which tries it again when the kernel reports a change; or, where the
 * kernel's own waiting is what counts (CONNECT, RECV, SEND), in the kernel, in a thread of the
 * agent's that closing the socket ends.
 *
 * <p>The protocol stands in the head comment of the agent's source, {@code vsock-agent.c} among
 * this package's resources. Nothing of it travels over vsock, which is what is under test.
 */
@NullMarked
package dev.vsocklab.qemu.agent;

import org.jspecify.annotations.NullMarked;
