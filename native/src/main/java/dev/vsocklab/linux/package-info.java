/**
 * libc, as far as vsocklab needs it; nothing else in the project calls it.
 *
 * <p>AF_VSOCK of the kernel that runs this JVM: read {@link dev.vsocklab.linux.LinuxVsock} first;
 * {@link dev.vsocklab.linux.LocalVsock} tells what that kernel has.
 *
 * <pre>
 *   LinuxVsock ─▶ NioVsockProvider (api) ─▶ LinuxSocketLayer ─▶ LinuxSocket: system calls
 *                                                                  │ tried again after a change
 *                                                                  ├─▶ SocketEvents ◀─ EventLoop: epoll
 *                                                                  │ asleep in the kernel
 *                                                                  └─▶ Sleepers ◀─ WakeSignal
 * </pre>
 *
 * <p>Memory and descriptors of another process: read {@link dev.vsocklab.linux.Fd} first, which
 * says who closes what, then {@link dev.vsocklab.linux.FileMapping}, which says how memory of
 * another process is shared without danger for this one.
 *
 * <pre>
 *   UnixListener ─accept─▶ UnixConnection ─receive─▶ bytes, Fd...
 *                                                         ├─▶ EventFd      signal, drain
 *                                                         └─▶ FileMapping  windows of memory
 *   PollSet waits for any of them.
 * </pre>
 *
 * <p>Needs Linux on a 64-bit processor: structures are laid out by hand as the kernel has them
 * there, and {@link dev.vsocklab.linux.LinuxException} says which call failed with which number.
 */
@NullMarked
package dev.vsocklab.linux;

import org.jspecify.annotations.NullMarked;
