package dev.vsocklab.linux;

import dev.vsocklab.Errno;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.KernelSocket;
import dev.vsocklab.spi.SocketLayer;
import dev.vsocklab.spi.Unavailable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One byte round a kernel's vsock loopback, or why it does not go. */
final class LoopbackProbe {
  /** For each step of the round trip; it takes microseconds where it works. */
  private static final long STEP_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final String LOAD =
      "Load it (sudo modprobe vsock_loopback; Linux 5.6 and later have it).";

  private LoopbackProbe() {}

  /** Runs it. */
  static Optional<Unavailable> run(SocketLayer sockets) {
    KernelSocket listener;
    try {
      listener = sockets.stream();
    } catch (ErrnoException | IOException e) {
      return Optional.of(
          new Unavailable(
              "there are no vsock sockets: " + e.getMessage(),
              "Load the module (sudo modprobe vsock), or permit the address family."));
    }
    try {
      listener.bind(VsockAddress.local(VsockAddress.PORT_ANY));
    } catch (ErrnoException | IOException e) {
      listener.close();
      boolean none = e instanceof ErrnoException why && why.errno() == Errno.EADDRNOTAVAIL;
      return Optional.of(
          new Unavailable(
              none
                  ? "this kernel has no vsock loopback"
                  : "CID 1 cannot be bound: " + e.getMessage(),
              LOAD));
    }
    // Only now: without loopback a connect to CID 1 leaves the machine.
    try {
      return roundTrip(sockets, listener)
          ? Optional.empty()
          : failed(
              "no byte came round within " + TimeUnit.NANOSECONDS.toSeconds(STEP_NANOS) + " s");
    } catch (ErrnoException | IOException e) {
      return failed(e.getMessage());
    } finally {
      listener.close();
    }
  }

  private static Optional<Unavailable> failed(@Nullable String why) {
    return Optional.of(
        new Unavailable(
            "vsock loopback is there but does not work: " + why,
            "Load it anew (sudo modprobe -r vsock_loopback; sudo modprobe vsock_loopback)."));
  }

  private static boolean roundTrip(SocketLayer sockets, KernelSocket listener)
      throws ErrnoException, IOException {
    listener.listen(1);
    VsockAddress target = VsockAddress.local(listener.localAddress().port());
    KernelSocket near = sockets.stream();
    try {
      if (!near.connect(target, KernelSocket.NO_WAIT)) {
        near.poll(KernelSocket.POLLOUT, STEP_NANOS);
        Errno error = near.takeError();
        if (error != null) {
          throw new ErrnoException(error);
        }
      }
      KernelSocket far = listener.accept(STEP_NANOS);
      return far != null && passes(near, far);
    } finally {
      near.close();
    }
  }

  private static boolean passes(KernelSocket near, KernelSocket far)
      throws ErrnoException, IOException {
    try {
      return near.write(ByteBuffer.wrap(new byte[1]), STEP_NANOS) == 1
          && far.read(ByteBuffer.allocate(1), STEP_NANOS) == 1;
    } finally {
      far.close();
    }
  }
}
