package dev.vsocklab.ci.differential;

import dev.vsocklab.Errno;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.KernelSocket;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One scenario while it runs over socket layers: its sockets and ports. */
final class LayerRun implements AutoCloseable {
  /** How long a call may wait, as in {@code call-script.c}. */
  private static final int WAIT_MILLIS = 4;

  private static final int CONNECT_WAIT_MILLIS = 200;
  private static final int EVENTS =
      KernelSocket.POLLIN | KernelSocket.POLLOUT | KernelSocket.POLLRDHUP;
  private static final ThreadLocal<ByteBuffer> ROOM =
      ThreadLocal.withInitial(() -> ByteBuffer.allocate(Step.MAX_LENGTH));

  private static final List<KernelSocket.Direction> DIRECTIONS =
      List.of(KernelSocket.Direction.values());

  /** What a call gave besides readiness. */
  private record Result(int result, int flags, long value) {
    static final Result DONE = new Result(0, 0, 0);

    static Result of(long value) {
      return new Result(0, 0, value);
    }

    static Result failed(Errno errno) {
      return new Result(-errno.number(), 0, 0);
    }
  }

  private final LayerRunner.Side a;
  private final LayerRunner.Side b;
  private final LayerRunner.Rest rest;
  private final PortBook ports;
  private final @Nullable KernelSocket[] sockets = new KernelSocket[Step.SLOTS];
  private final long[] sentBytes = new long[Step.SLOTS];

  LayerRun(LayerRunner.Side a, LayerRunner.Side b, LayerRunner.Rest rest, PortBook ports) {
    this.a = a;
    this.b = b;
    this.rest = rest;
    this.ports = ports;
  }

  Outcome step(Step step) throws IOException {
    Result result;
    try {
      result = call(step);
    } catch (ErrnoException e) {
      result = Result.failed(e.errno());
    }
    rest.await();
    return new Outcome(result.result(), result.flags(), result.value(), readiness());
  }

  private Result call(Step step) throws ErrnoException, IOException {
    KernelSocket socket = sockets[step.slot()];
    if (step.call() == Call.SOCKET) {
      return socket == null ? open(step) : Result.failed(Errno.EBUSY);
    }
    if (socket == null) {
      return Result.failed(Errno.EBADF);
    }
    return switch (step.call()) {
      case SOCKET -> throw new IllegalStateException("done above");
      case BIND -> {
        socket.bind(address(step, side(step.slot()).cid()));
        yield Result.DONE;
      }
      case LISTEN -> {
        socket.listen(step.x());
        yield Result.DONE;
      }
      case CONNECT -> connect(socket, step);
      case ACCEPT -> accept(socket, step);
      case SEND -> send(socket, step);
      case RECEIVE -> receive(socket, step);
      case SHUTDOWN -> {
        socket.shutdown(DIRECTIONS.get(step.x()));
        yield Result.DONE;
      }
      case CLOSE -> {
        close(step.slot());
        yield Result.DONE;
      }
      case SET -> {
        step.setting().set(socket, step.z());
        yield Result.DONE;
      }
      case GET -> Result.of(step.setting().get(socket));
      case TAKE_ERROR -> {
        Errno error = socket.takeError();
        yield Result.of(error == null ? 0 : error.number());
      }
      case UNREAD -> Result.of(socket.queuedBytes(KernelSocket.Waiting.UNREAD));
      case UNSENT -> Result.of(socket.queuedBytes(KernelSocket.Waiting.UNSENT));
      case LOCAL_ADDRESS -> Result.of(symbol(step.slot(), socket.localAddress()));
      case REMOTE_ADDRESS -> Result.of(symbol(step.slot(), socket.remoteAddress()));
    };
  }

  private LayerRunner.Side side(int slot) {
    return slot < Step.SLOTS_OF_A ? a : b;
  }

  private Result open(Step step) throws ErrnoException, IOException {
    LayerRunner.Side side = side(step.slot());
    KernelSocket socket =
        step.x() == Step.STREAM ? side.layer().stream() : side.layer().seqpacket();
    fill(step.slot(), socket);
    Setting.CONNECT_TIMEOUT.set(socket, CONNECT_WAIT_MILLIS);
    return Result.DONE;
  }

  private void fill(int slot, KernelSocket socket) throws ErrnoException, IOException {
    sockets[slot] = socket;
    sentBytes[slot] = 0;
    Setting.RECEIVE_TIMEOUT.set(socket, WAIT_MILLIS);
    Setting.SEND_TIMEOUT.set(socket, WAIT_MILLIS);
  }

  private Result connect(KernelSocket socket, Step step) throws ErrnoException, IOException {
    VsockAddress remote = address(step, side(step.slot()).peerCid());
    if (step.z() == 0) {
      socket.connect(remote, KernelSocket.NO_WAIT); // the simulator may be done at once
      return Result.failed(Errno.EINPROGRESS);
    }
    socket.connect(remote, KernelSocket.FOREVER);
    return Result.DONE;
  }

  private Result accept(KernelSocket socket, Step step) throws ErrnoException, IOException {
    if (sockets[step.x()] != null) {
      return Result.failed(Errno.EBUSY);
    }
    KernelSocket accepted = socket.accept(KernelSocket.NO_WAIT);
    if (accepted == null) {
      return Result.failed(Errno.EAGAIN);
    }
    fill(step.x(), accepted);
    return Result.DONE;
  }

  private Result send(KernelSocket socket, Step step) throws ErrnoException, IOException {
    ByteBuffer bytes = Payload.of(step.slot(), sentBytes[step.slot()], step.x());
    int count = socket.send(bytes, step.y() & ~Step.DONT_WAIT, wait(step));
    if (count == KernelSocket.WOULD_BLOCK) {
      return Result.failed(Errno.EAGAIN);
    }
    sentBytes[step.slot()] += count;
    return new Result(count, 0, 0);
  }

  private static Result receive(KernelSocket socket, Step step) throws ErrnoException, IOException {
    ByteBuffer room = ROOM.get().clear().limit(step.x());
    KernelSocket.Received received = socket.receive(room, step.y() & ~Step.DONT_WAIT, wait(step));
    if (received.lengthBytes() == KernelSocket.WOULD_BLOCK) {
      return Result.failed(Errno.EAGAIN);
    }
    return new Result(
        Math.max(0, received.lengthBytes()), received.flags(), Payload.hash(room.flip()));
  }

  private static long wait(Step step) {
    return (step.y() & Step.DONT_WAIT) == 0 ? KernelSocket.FOREVER : KernelSocket.NO_WAIT;
  }

  private VsockAddress address(Step step, long localCid) throws ErrnoException, IOException {
    long cid = step.x() == Step.LOCAL ? localCid : Integer.toUnsignedLong(step.x());
    return VsockAddress.of(cid, port(step.y()));
  }

  private long port(int symbol) throws ErrnoException, IOException {
    int slot = symbol - Step.PORT_OF_SLOT;
    if (slot < 0 || slot >= Step.SLOTS) {
      return ports.port(symbol);
    }
    KernelSocket socket = sockets[slot];
    return socket == null ? VsockAddress.PORT_ANY : socket.localAddress().port();
  }

  private long symbol(int slot, VsockAddress address) {
    LayerRunner.Side side = side(slot);
    boolean known = address.cid() == side.cid() || address.cid() == side.peerCid();
    long cid = known ? Step.LOCAL : address.cid();
    return cid << 32 | Integer.toUnsignedLong(ports.symbol(address.port()));
  }

  private long readiness() throws IOException {
    long readiness = 0;
    for (int slot = 0; slot < Step.SLOTS; slot++) {
      KernelSocket socket = sockets[slot];
      if (socket != null) {
        long events = Outcome.readiness(socket.poll(EVENTS, KernelSocket.NO_WAIT));
        readiness |= events << (slot * Byte.SIZE);
      }
    }
    return readiness;
  }

  private void close(int slot) {
    KernelSocket socket = sockets[slot];
    sockets[slot] = null;
    if (socket != null) {
      socket.close();
    }
  }

  @Override
  public void close() throws IOException {
    for (int slot = 0; slot < Step.SLOTS; slot++) {
      close(slot);
    }
    rest.await();
  }
}
