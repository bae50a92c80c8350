package dev.vsocklab.containers;

import dev.vsocklab.spi.Unavailable;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * Whether a container engine answers on this machine, found out with nothing but the JDK:
 * Testcontainers would take seconds, and says no more than that it found none.
 *
 * <p>The places are those where Testcontainers looks: DOCKER_HOST, {@code docker.host} in {@code
 * ~/.testcontainers.properties}, and the sockets of Docker, with root and without.
 */
final class Engine {
  private static final Duration PING_DEADLINE = Duration.ofSeconds(5);
  private static final String UNIX = "unix://";

  private static final String START =
      "Start one (Docker: sudo systemctl start docker; Podman: systemctl --user start podman.socket,"
          + " then DOCKER_HOST=unix://$XDG_RUNTIME_DIR/podman/podman.sock), or install QEMU (Debian:"
          + " apt-get install qemu-system-x86).";

  private final Map<String, String> environment;
  private final Path home;
  private final Path rootfulSocket;

  /**
   * Looks at nothing yet.
   *
   * @param environment the JVM's
   * @param home the user's home folder
   * @param rootfulSocket where Docker's usual socket is
   */
  Engine(Map<String, String> environment, Path home, Path rootfulSocket) {
    this.environment = environment;
    this.home = home;
    this.rootfulSocket = rootfulSocket;
  }

  static Engine ofThisUser() {
    return new Engine(
        System.getenv(), Path.of(System.getProperty("user.home")), Path.of("/var/run/docker.sock"));
  }

  /** Why no engine can be used; empty if one answered. */
  Optional<Unavailable> unavailable() {
    Optional<Named> named = named();
    if (named.isPresent()) {
      String host = named.get().host();
      return host.startsWith(UNIX)
          ? trouble(Path.of(host.substring(UNIX.length()))).map(why -> said(named.get(), why))
          : Optional.of(elsewhere(named.get()));
    }
    List<Path> usual = usualSockets();
    @Nullable Unavailable first = null;
    for (Path socket : usual) {
      Optional<Unavailable> why = trouble(socket);
      if (why.isEmpty()) {
        return why;
      }
      if (first == null && !Files.notExists(socket)) {
        first = why.get();
      }
    }
    return Optional.of(
        first != null
            ? first
            : new Unavailable(
                "no container engine was found: DOCKER_HOST is not set and there is no "
                    + String.join(" or ", usual.stream().map(Path::toString).toList()),
                START));
  }

  /** An engine that the user named, and where. */
  private record Named(String by, String host) {}

  private Optional<Named> named() {
    String host = environment.get("DOCKER_HOST");
    if (host != null && !host.isBlank()) {
      return Optional.of(new Named("DOCKER_HOST", host));
    }
    Path file = home.resolve(".testcontainers.properties");
    Properties properties = new Properties();
    try (InputStream in = Files.newInputStream(file)) {
      properties.load(in);
    } catch (IOException e) {
      return Optional.empty(); // few users have one
    }
    return Optional.ofNullable(properties.getProperty("docker.host"))
        .map(value -> new Named("docker.host in " + file, value));
  }

  private List<Path> usualSockets() {
    List<Path> sockets = new ArrayList<>();
    sockets.add(rootfulSocket);
    String runtime = environment.get("XDG_RUNTIME_DIR");
    if (runtime != null && !runtime.isBlank()) {
      sockets.add(Path.of(runtime, "docker.sock"));
    }
    sockets.add(home.resolve(".docker/run/docker.sock"));
    sockets.add(home.resolve(".docker/desktop/docker.sock"));
    return sockets;
  }

  private static Unavailable said(Named named, Unavailable why) {
    return new Unavailable(why.why() + " (" + named.by() + "=" + named.host() + ")", why.mend());
  }

  private static Unavailable elsewhere(Named named) {
    return new Unavailable(
        named.by()
            + "="
            + named.host()
            + " is no Unix socket, so the engine may be on another machine, where a container does"
            + " not see the sockets of this one",
        "Name an engine of this machine: unix:///PATH.");
  }

  private static Optional<Unavailable> trouble(Path socket) {
    if (Files.notExists(socket)) {
      return Optional.of(new Unavailable("no container engine listens: no " + socket, START));
    }
    if (!Files.isWritable(socket)) { // also where a folder on the way is closed to this user
      return Optional.of(
          new Unavailable(
              "user "
                  + System.getProperty("user.name")
                  + " has no permission to open the container engine's socket "
                  + socket,
              "Join its group (Docker: sudo usermod -aG docker $USER, then log in again), or use an"
                  + " engine without root."));
    }
    try {
      ping(socket);
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(
          new Unavailable(
              "the container engine at " + socket + " does not answer: " + e.getMessage(), START));
    }
  }

  /** Asks as every client does first. Source: the Docker Engine API, {@code GET /_ping}. */
  private static void ping(Path socket) throws IOException {
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        Selector selector = Selector.open()) {
      channel.connect(UnixDomainSocketAddress.of(socket));
      byte[] request =
          "GET /_ping HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
              .getBytes(StandardCharsets.US_ASCII);
      channel.write(ByteBuffer.wrap(request));
      channel.configureBlocking(false);
      channel.register(selector, SelectionKey.OP_READ);
      if (selector.select(PING_DEADLINE.toMillis()) == 0) {
        throw new IOException("it was silent for " + PING_DEADLINE.toSeconds() + " s");
      }
      ByteBuffer answer = ByteBuffer.allocate(256);
      channel.read(answer);
      String text = StandardCharsets.US_ASCII.decode(answer.flip()).toString();
      String statusLine = text.lines().findFirst().orElse("");
      if (!statusLine.matches("HTTP/1\\.[01] 200 .*")) {
        throw new IOException("it said \"" + statusLine + "\" to a ping");
      }
    }
  }
}
