package dev.vsocklab.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.Errno;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.KernelSocket;
import dev.vsocklab.spi.SocketLayer;
import dev.vsocklab.spi.Unavailable;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the probes conclude, from kernels that are played. */
class LocalVsockTest {
  private final Path root;

  LocalVsockTest(@TempDir Path root) {
    this.root = root;
  }

  @Test
  void loopbackWorksIfAByteGoesRound() {
    PlayedLayer layer = new PlayedLayer();
    assertEquals(Optional.empty(), probes(layer).loopback());
    assertEquals(Optional.empty(), probes(new PlayedLayer()).loopbackAlone());
    assertEquals("stream", layer.calls.get(0));
    assertEquals("bind vsock:1:any", layer.calls.get(1), "CID 1 is bound before all");
    assertEquals(3, layer.calls.stream().filter("close"::equals).count(), "nothing stays open");
  }

  @Test
  void whereCidOneCannotBeBoundNobodyConnects() {
    PlayedLayer layer = new PlayedLayer().failing("bind", Errno.EADDRNOTAVAIL);
    Unavailable why = probes(layer).loopback().orElseThrow();
    assertEquals("this kernel has no vsock loopback", why.why());
    assertTrue(why.mend().contains("modprobe vsock_loopback"), why.mend());
    assertEquals(List.of("stream", "bind vsock:1:any", "close"), layer.calls);
  }

  @Test
  void aKernelWithoutTheFamilyAndAContainerThatBlocksItSayWhatToDo() throws Exception {
    Unavailable family = refusedWith(97);
    assertTrue(family.why().contains("EAFNOSUPPORT"), family.why());
    assertTrue(family.why().contains("modprobe vsock"), family.why());
    Unavailable seccomp = refusedWith(1);
    assertTrue(seccomp.why().contains("EPERM"), seccomp.why());
    assertTrue(seccomp.why().contains("seccomp profile blocks socket(AF_VSOCK)"), seccomp.why());
    assertTrue(refusedWith(13).why().contains("address family 40"));
    assertTrue(refusedWith(24).why().contains("ulimit -n"));
    Unavailable unknown = refusedWith(38);
    assertTrue(unknown.why().contains("errno 38"), unknown.why());
  }

  /** What the probe says where socket() gives that number. */
  private Unavailable refusedWith(int number) {
    PlayedLayer layer =
        new PlayedLayer() {
          @Override
          public KernelSocket stream() throws ErrnoException, IOException {
            throw FamilyRefused.failure(number);
          }
        };
    return probes(layer).loopback().orElseThrow();
  }

  @Test
  void aRoundTripThatFailsOrHangsIsNotWorking() {
    Unavailable refused =
        probes(new PlayedLayer().failing("connect", Errno.ECONNRESET)).loopback().orElseThrow();
    assertTrue(refused.why().contains("does not work: ECONNRESET"), refused.why());
    PlayedLayer later = new PlayedLayer().answering("takeError", Errno.ETIMEDOUT);
    assertTrue(probes(later).loopback().orElseThrow().why().contains("ETIMEDOUT"));
    PlayedLayer silent = new PlayedLayer().answering("read", KernelSocket.WOULD_BLOCK);
    assertTrue(probes(silent).loopback().orElseThrow().why().contains("no byte came round"));
    assertEquals(3, silent.calls.stream().filter("close"::equals).count());
    PlayedLayer nobody = new PlayedLayer().answering("accept", null);
    assertTrue(probes(nobody).loopback().orElseThrow().why().contains("no byte came round"));
  }

  @Test
  void aMachineWithAWayToItsHostIsNotAloneAndNoSocketIsOpened() throws IOException {
    Path driver = root.resolve("sys/bus/virtio/drivers/vmw_vsock_virtio_transport");
    Files.createDirectories(driver);
    PlayedLayer layer = new PlayedLayer();
    Unavailable why = probes(layer).loopbackAlone().orElseThrow();
    assertTrue(why.why().contains("vmw_vsock_virtio_transport is loaded"), why.why());
    assertEquals(List.of(), layer.calls);
    assertEquals(Optional.empty(), probes(layer).loopback(), "CID 1 is this kernel all the same");
  }

  @Test
  void vhostNeedsADeviceThatThisUserMayOpenWithADriverBehindIt() throws IOException {
    Unavailable missing = vhostWith(0).orElseThrow();
    assertTrue(missing.why().startsWith("there is no "), missing.why());
    assertTrue(missing.mend().contains("modprobe vhost_vsock"), missing.mend());
    Files.createDirectories(root.resolve("dev"));
    Files.createFile(root.resolve("dev/vhost-vsock"));

    assertEquals(Optional.empty(), vhostWith(0));
    Unavailable denied = vhostWith(13).orElseThrow();
    assertTrue(denied.why().contains("(EACCES)"), denied.why());
    assertTrue(denied.mend().contains("setfacl -m u:$USER:rw"), denied.mend());
    assertTrue(denied.mend().contains("usermod -aG kvm"), denied.mend());
    Unavailable noDriver = vhostWith(19).orElseThrow();
    assertTrue(noDriver.why().contains("(ENODEV)"), noDriver.why());
    assertTrue(noDriver.mend().contains("modprobe vhost_vsock"), noDriver.mend());
    assertTrue(vhostWith(6).orElseThrow().why().contains("(errno 6)"));
  }

  private Optional<Unavailable> vhostWith(int errno) {
    return new LocalVsock(root, PlayedLayer::new, device -> errno).vhost();
  }

  private LocalVsock probes(SocketLayer layer) {
    return new LocalVsock(root, () -> layer, device -> 0);
  }

  /** A kernel whose loopback works, but for what a test changes; it notes the calls. */
  private static class PlayedLayer implements SocketLayer {
    final List<String> calls = new ArrayList<>();
    private final Map<String, Errno> failures = new HashMap<>();
    private final Map<String, @Nullable Object> answers = new HashMap<>();

    PlayedLayer() {
      answers.put("localAddress", VsockAddress.local(5000));
      answers.put("connect", false);
      answers.put("poll", KernelSocket.POLLOUT);
      answers.put("write", 1);
      answers.put("read", 1);
    }

    PlayedLayer failing(String call, Errno errno) {
      failures.put(call, errno);
      return this;
    }

    PlayedLayer answering(String call, @Nullable Object answer) {
      answers.put(call, answer);
      return this;
    }

    @Override
    public KernelSocket stream() throws ErrnoException, IOException {
      calls.add("stream");
      return socket();
    }

    private KernelSocket socket() {
      return (KernelSocket)
          Proxy.newProxyInstance(
              KernelSocket.class.getClassLoader(),
              new Class<?>[] {KernelSocket.class},
              (proxy, method, arguments) -> call(method.getName(), arguments));
    }

    private @Nullable Object call(String name, Object @Nullable [] arguments)
        throws ErrnoException {
      calls.add(name.equals("bind") ? "bind " + Objects.requireNonNull(arguments)[0] : name);
      if (failures.containsKey(name)) {
        throw new ErrnoException(failures.get(name));
      }
      return name.equals("accept") && !answers.containsKey(name) ? socket() : answers.get(name);
    }

    @Override
    public KernelSocket seqpacket() {
      throw new AssertionError("nobody asked for messages");
    }

    @Override
    public long localCid() {
      throw new AssertionError("a probe opened /dev/vsock");
    }

    @Override
    public String name() {
      return "a played kernel";
    }
  }
}
