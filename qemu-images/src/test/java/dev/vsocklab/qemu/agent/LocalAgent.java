package dev.vsocklab.qemu.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The agent as an ordinary process on this kernel, over a Unix socket. It is never asked for an
 * AF_VSOCK socket here: those belong to guests.
 */
final class LocalAgent implements AutoCloseable {
  private static final Duration DEADLINE = Duration.ofSeconds(20);
  private static @Nullable Path compiled;

  final Process process;
  final SocketChannel channel;

  private LocalAgent(Process process, SocketChannel channel) {
    this.process = process;
    this.channel = channel;
  }

  static LocalAgent start(Path folder) throws IOException {
    Path socket = folder.resolve("agent.sock");
    try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      listener.bind(UnixDomainSocketAddress.of(socket));
      Process process =
          new ProcessBuilder(program().toString(), "--socket", socket.toString())
              .redirectErrorStream(true)
              .start();
      return new LocalAgent(process, accept(listener));
    }
  }

  AgentClient client() throws IOException {
    return AgentClient.connect(channel, "local", () -> "", DEADLINE);
  }

  /** What the agent said on its way out. */
  String lastWords() throws IOException, InterruptedException {
    assertTrue(process.waitFor(DEADLINE.toSeconds(), TimeUnit.SECONDS), "the agent still runs");
    assertEquals(0, process.exitValue());
    return new String(
        process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
  }

  @Override
  public void close() throws IOException {
    channel.close();
    process.destroyForcibly();
  }

  static SocketChannel accept(ServerSocketChannel listener) throws IOException {
    listener.configureBlocking(false);
    try (Selector selector = Selector.open()) {
      listener.register(selector, SelectionKey.OP_ACCEPT);
      assertEquals(1, selector.select(DEADLINE.toMillis()), "nobody connected in time");
      SocketChannel channel = listener.accept();
      channel.configureBlocking(true);
      return channel;
    }
  }

  /** Compiled once for all tests, with the flags of the guest's image and every warning. */
  private static synchronized Path program() throws IOException {
    if (compiled != null) {
      return compiled;
    }
    Path folder = Files.createTempDirectory("vsock-agent");
    folder.toFile().deleteOnExit();
    Path program = folder.resolve("vsock-agent");
    program.toFile().deleteOnExit();
    List<String> command =
        new ArrayList<>(List.of("gcc", "-static", "-O2", "-Wall", "-Wextra", "-Werror", "-o"));
    command.add(program.toString());
    for (String name : List.of("vsock-agent.c", "call-script.c", "call-script.h")) {
      Path source = folder.resolve(name);
      source.toFile().deleteOnExit();
      try (InputStream c = AgentClient.class.getResourceAsStream(name)) {
        Files.copy(java.util.Objects.requireNonNull(c), source);
      }
      if (name.endsWith(".c")) {
        command.add(source.toString());
      }
    }
    Process gcc = new ProcessBuilder(command).inheritIO().start();
    try {
      assertTrue(gcc.waitFor(2, TimeUnit.MINUTES), "gcc did not end");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    } finally {
      gcc.destroyForcibly();
    }
    assertEquals(0, gcc.exitValue(), "gcc failed; see its messages above");
    compiled = program;
    return program;
  }
}
