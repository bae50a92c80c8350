package dev.vsocklab.containers;

import dev.vsocklab.spi.Unavailable;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * Asks for an engine as a user who may not open its socket. Root may open every socket, so for root
 * a second JVM asks, which is nobody; it gets copies of the few classes that it needs.
 */
final class UnprivilegedProbe {
  private static final List<Class<?>> NEEDED =
      List.of(
          UnprivilegedProbe.class, Engine.class, nested(Engine.class, "Named"), Unavailable.class);

  private final Path folder;

  UnprivilegedProbe(Path folder) {
    this.folder = folder;
  }

  private static Class<?> nested(Class<?> outer, String name) {
    for (Class<?> inner : outer.getDeclaredClasses()) {
      if (inner.getSimpleName().equals(name)) {
        return inner;
      }
    }
    throw new AssertionError(outer + " has no " + name);
  }

  /** What {@link Engine} says of a socket that this user has no permission for. */
  String message() throws IOException, InterruptedException {
    Path socket = folder.resolve("closed.sock");
    try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      listener.bind(UnixDomainSocketAddress.of(socket));
      Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("---------"));
      return Files.isWritable(socket) ? messageToNobody(socket) : message(socket);
    }
  }

  private String messageToNobody(Path socket) throws IOException, InterruptedException {
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    for (Class<?> needed : NEEDED) {
      String file = needed.getName().replace('.', '/') + ".class";
      Path copy = folder.resolve(file);
      Files.createDirectories(copy.getParent());
      try (InputStream in = needed.getClassLoader().getResourceAsStream(file)) {
        Files.write(copy, Objects.requireNonNull(in).readAllBytes());
      }
    }
    List<String> command =
        new ArrayList<>(List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", folder.toString(), UnprivilegedProbe.class.getName()));
    command.add(socket.toString());
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(30, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
    return said;
  }

  private static String message(Path socket) {
    Engine engine = new Engine(Map.of(), Path.of("/absent"), socket);
    return engine.unavailable().map(why -> why.message("vhost-user")).orElse("no trouble");
  }

  /** Runs as nobody. */
  public static void main(String[] arguments) {
    System.out.println(message(Path.of(arguments[0])));
  }
}
