/**
 * What a backend implements. Read {@link dev.vsocklab.spi.Backend} first: it opens labs. Then
 * {@link dev.vsocklab.spi.KernelSocket}: one AF_VSOCK socket, call by call as the kernel has it.
 *
 * <pre>
 *   Backend.open(LabRequest) ─▶ BackendLab ─▶ Machine ─▶ NioVsockProvider (dev.vsocklab.spi.nio)
 *                                                             │ JDK rules, exceptions, selectors
 *                                                             ▼
 *                                             SocketLayer.stream() ─▶ KernelSocket: result or errno
 * </pre>
 *
 * The JDK's rules stand once, in the nio package; a backend brings only the calls.
 */
@NullMarked
package dev.vsocklab.spi;

import org.jspecify.annotations.NullMarked;
