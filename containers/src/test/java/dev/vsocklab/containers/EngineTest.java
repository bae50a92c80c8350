package dev.vsocklab.containers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.spi.Unavailable;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class EngineTest {
  private final Path folder;
  private final Path socket;

  EngineTest(@TempDir Path folder) {
    this.folder = folder;
    this.socket = folder.resolve("docker.sock");
  }

  @Test
  void withoutAnySocketTheMessageNamesThePlacesAndTheMend() {
    assertSays(
        engine(Map.of()).unavailable(),
        "no container engine was found: DOCKER_HOST is not set and there is no " + socket,
        "sudo systemctl start docker");
  }

  @Test
  void aNamedEngineThatIsNotThereIsToldWithWhoNamedIt() {
    assertSays(
        named("unix:///absent/docker.sock"),
        "no container engine listens: no /absent/docker.sock",
        "(DOCKER_HOST=unix:///absent/docker.sock)");
  }

  @Test
  void anEngineOnAnotherMachineIsRefusedBecauseSocketsDoNotGetThere() {
    assertSays(named("tcp://build:2375"), "DOCKER_HOST=tcp://build:2375 is no Unix socket");
  }

  @Test
  void aSocketThatNobodyListensOnIsAnEngineThatDoesNotAnswer() throws IOException {
    listener().close(); // its file stays

    assertSays(engine(Map.of()).unavailable(), "the container engine at " + socket, "not answer");
  }

  @Test
  void aSocketWithoutPermissionNamesTheUserAndTheGroup() throws Exception {
    String message = new UnprivilegedProbe(folder).message();

    assertSays(
        message, " has no permission to open the container engine's", "sudo usermod -aG docker");
  }

  @Test
  void anEngineThatAnswersAPingIsThere() throws Exception {
    assertEquals(Optional.empty(), pinged("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"));
  }

  @Test
  void whatSaysSomethingElseIsNoEngine() throws Exception {
    assertSays(pinged("HTTP/1.1 500 No\r\n\r\n"), "it said \"HTTP/1.1 500 No\" to a ping");
  }

  @Test
  void testcontainersOwnPropertiesAreHeardAsTestcontainersHearsThem() throws IOException {
    Files.writeString(
        folder.resolve(".testcontainers.properties"), "docker.host=unix:///absent/d.sock\n");

    assertSays(engine(Map.of()).unavailable(), "no /absent/d.sock", "docker.host in " + folder);
  }

  private Optional<Unavailable> pinged(String answer) throws Exception {
    try (ServerSocketChannel listener = listener()) {
      Thread server =
          new Thread(
              () -> {
                try (SocketChannel client = listener.accept()) {
                  client.read(ByteBuffer.allocate(1024));
                  client.write(ByteBuffer.wrap(answer.getBytes(StandardCharsets.US_ASCII)));
                } catch (IOException e) {
                  throw new AssertionError(e);
                }
              });
      server.start();
      Optional<Unavailable> said = engine(Map.of()).unavailable();
      server.join();
      return said;
    }
  }

  private ServerSocketChannel listener() throws IOException {
    return ServerSocketChannel.open(StandardProtocolFamily.UNIX)
        .bind(UnixDomainSocketAddress.of(socket));
  }

  private Optional<Unavailable> named(String host) {
    return engine(Map.of("DOCKER_HOST", host)).unavailable();
  }

  private Engine engine(Map<String, String> environment) {
    return new Engine(environment, folder, socket);
  }

  private static void assertSays(Optional<Unavailable> why, String... parts) {
    assertSays(why.orElseThrow().message("vhost-user"), parts);
  }

  private static void assertSays(String message, String... parts) {
    for (String part : parts) {
      assertTrue(message.contains(part), () -> "\"" + part + "\" is not in: " + message);
    }
  }
}
