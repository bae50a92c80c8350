package dev.vsocklab.spi.nio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.Errno;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockBindException;
import dev.vsocklab.VsockConnectException;
import dev.vsocklab.VsockFailure;
import dev.vsocklab.VsockNoRouteException;
import dev.vsocklab.VsockSocketException;
import dev.vsocklab.VsockTimeoutException;
import dev.vsocklab.spi.ErrnoException;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The table in {@link VsockFailure}, cell by cell. */
final class FailedCallTest {
  private static final VsockAddress LOCAL = VsockAddress.any(1024);
  private static final VsockAddress REMOTE = VsockAddress.host(7000);

  private static FailedCall call(Call call) {
    return new FailedCall(call, "vm(42)", LOCAL, REMOTE);
  }

  /** What the documented table says. */
  private static Class<? extends IOException> documented(Call call, Errno errno) {
    if (call == Call.BIND) {
      return VsockBindException.class;
    }
    if (errno == Errno.EAGAIN) {
      return VsockTimeoutException.class;
    }
    if (call == Call.CONNECT && errno == Errno.ECONNRESET) {
      return VsockConnectException.class;
    }
    if (call == Call.CONNECT && errno == Errno.ETIMEDOUT) {
      return VsockTimeoutException.class;
    }
    if (call == Call.CONNECT && (errno == Errno.ENODEV || errno == Errno.ENETUNREACH)) {
      return VsockNoRouteException.class;
    }
    return VsockSocketException.class;
  }

  @Test
  void everyCallAndErrnoGivesTheDocumentedExceptionWithAllItsFacts() {
    for (Call call : Call.values()) {
      for (Errno errno : Errno.values()) {
        ErrnoException cause = new ErrnoException(errno);
        IOException exception = call(call).exception(cause);
        assertSame(documented(call, errno), exception.getClass(), call + " " + errno);
        assertSame(cause, exception.getCause());
        VsockFailure failure = assertInstanceOf(VsockFailure.class, exception);
        assertSame(errno, failure.errno());
        assertEquals(Optional.of(LOCAL), failure.localAddress());
        assertEquals(Optional.of(REMOTE), failure.remoteAddress());
        assertTrue(exception.toString().contains(": " + errno.name() + ", "), exception::toString);
        assertTrue(exception.toString().endsWith("."), exception::toString);
      }
    }
  }

  @Test
  void layersDetailIsTheReason() {
    ErrnoException refused =
        new ErrnoException(Errno.ECONNRESET, "nobody listens on host port 7000");
    assertEquals(
        "connect vsock:2:7000 from vm(42): ECONNRESET, nobody listens on host port 7000.",
        call(Call.CONNECT).exception(refused).getMessage());
  }

  @Test
  void detailThatEndsASentenceGetsNoSecondStop() {
    ErrnoException refused = new ErrnoException(Errno.ECONNRESET, "nobody. Listening: 7001.");
    assertEquals(
        "connect vsock:2:7000 from vm(42): ECONNRESET, nobody. Listening: 7001.",
        call(Call.CONNECT).exception(refused).getMessage());
  }

  @Test
  void withoutADetailTheReasonIsWhatVsockMeans() {
    assertEquals(
        "connect vsock:2:7000 from vm(42): ECONNRESET, nobody listens there or its backlog is"
            + " full.",
        call(Call.CONNECT).exception(new ErrnoException(Errno.ECONNRESET)).getMessage());
    assertEquals(
        "write to vsock:2:7000 on vm(42): EPIPE, this end was shut down for writing, or the peer"
            + " reads no more.",
        call(Call.WRITE).exception(new ErrnoException(Errno.EPIPE)).getMessage());
    assertEquals(
        "bind vsock:any:1024 on vm(42): EADDRINUSE, the port is taken on this machine.",
        new FailedCall(Call.BIND, "vm(42)", LOCAL, null)
            .exception(new ErrnoException(Errno.EADDRINUSE))
            .getMessage());
  }

  @Test
  void unexpectedErrnoGivesItsNumber() {
    assertEquals(
        "socket on vm(42): EPERM, error number 1.",
        new FailedCall(Call.SOCKET, "vm(42)", null, null)
            .exception(new ErrnoException(Errno.EPERM))
            .getMessage());
  }

  @Test
  void timeoutNamesTheTime() {
    VsockTimeoutException read = call(Call.READ).timedOut(TimeUnit.MILLISECONDS.toNanos(250));
    assertEquals(
        "read from vsock:2:7000 on vm(42): EAGAIN, timed out after 250 ms, the timeout that this"
            + " call was given.",
        read.getMessage());
    assertSame(Errno.EAGAIN, read.errno());
    assertSame(Errno.ETIMEDOUT, call(Call.CONNECT).timedOut(1).errno());
  }
}
