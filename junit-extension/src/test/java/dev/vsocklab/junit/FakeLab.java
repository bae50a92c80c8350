package dev.vsocklab.junit;

import dev.vsocklab.Machine;
import dev.vsocklab.VsockCapability;
import dev.vsocklab.VsockProvider;
import dev.vsocklab.spi.BackendLab;
import dev.vsocklab.spi.LabRequest;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A lab whose machines have a CID and nothing behind it. */
final class FakeLab implements BackendLab {

  /** A lab with this guest does not close cleanly. */
  static final long CID_THAT_DOES_NOT_END = 77;

  /** A lab with this guest cannot tell what happened. */
  static final long CID_WITHOUT_REPORT = 88;

  private final FakeBackend backend;
  private final LabRequest request;
  private final Machine host = new FakeMachine(this, 2, "host");
  private final List<Machine> guests;
  private final AtomicInteger closes = new AtomicInteger();
  private volatile Consumer<String> listener = what -> {};
  private volatile String broken = "";

  FakeLab(FakeBackend backend, LabRequest request) {
    this.backend = backend;
    this.request = request;
    this.guests =
        request.guests().stream()
            .<Machine>map(guest -> new FakeMachine(this, guest.cid(), "vm(" + guest.cid() + ")"))
            .toList();
  }

  /** A provider that knows its CID and opens nothing. */
  static VsockProvider provider(long cid) {
    return new FakeProvider(cid);
  }

  /** A machine of the lab ends by itself. */
  void breakNow(String what) {
    broken = what;
    listener.accept(what);
  }

  /** A machine of the lab has ended, which only a last look tells. */
  void breakAtClose(String what) {
    broken = what;
  }

  @Override
  public void whenBroken(Consumer<String> told) {
    listener = told;
  }

  FakeBackend backend() {
    return backend;
  }

  LabRequest request() {
    return request;
  }

  int closes() {
    return closes.get();
  }

  @Override
  public Machine host() {
    return host;
  }

  @Override
  public Machine guest(long cid) {
    return guests.stream().filter(guest -> guest.cid() == cid).findFirst().orElseThrow();
  }

  @Override
  public List<Machine> guests() {
    return guests;
  }

  @Override
  public List<ReportSection> report() {
    if (has(CID_WITHOUT_REPORT)) {
      throw new IllegalStateException("vm(88) does not answer.");
    }
    if (closes.get() > 0) {
      throw new IllegalStateException("The report was asked for after the lab was closed.");
    }
    String console =
        IntStream.rangeClosed(1, 40)
            .mapToObj(i -> "console line " + i)
            .collect(Collectors.joining("\n"));
    return List.of(
        new ReportSection("console of vm(42)", console),
        new ReportSection("packets", "2:7000 > 42:1024 REQUEST"));
  }

  @Override
  public void close() throws IOException {
    closes.incrementAndGet();
    if (!broken.isEmpty()) {
      listener.accept(broken);
      throw new IOException(broken);
    }
    if (has(CID_THAT_DOES_NOT_END)) {
      throw new IOException("vm(77) did not end within 5 s.");
    }
  }

  private boolean has(long cid) {
    return guests.stream().anyMatch(guest -> guest.cid() == cid);
  }

  private record FakeMachine(FakeLab lab, long cid, String name) implements Machine {

    @Override
    public VsockProvider vsock() {
      return provider(cid);
    }

    @Override
    public <T> Optional<T> as(Class<T> type) {
      return type.isInstance(lab) ? Optional.of(type.cast(lab)) : Optional.empty();
    }
  }

  private record FakeProvider(long localCid) implements VsockProvider {

    @Override
    public SocketChannel openSocketChannel() {
      throw new UnsupportedOperationException();
    }

    @Override
    public ServerSocketChannel openServerSocketChannel() {
      throw new UnsupportedOperationException();
    }

    @Override
    public Selector openSelector() {
      throw new UnsupportedOperationException();
    }

    @Override
    public Socket openSocket() {
      throw new UnsupportedOperationException();
    }

    @Override
    public ServerSocket openServerSocket() {
      throw new UnsupportedOperationException();
    }

    @Override
    public Set<VsockCapability> capabilities() {
      return Set.of();
    }
  }
}
