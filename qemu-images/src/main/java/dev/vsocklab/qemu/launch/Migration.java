package dev.vsocklab.qemu.launch;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/**
 * A stopped machine on its way out of a QEMU or into one: QEMU's migration, to and from a file. The
 * control connection commands, a Unix socket carries the bytes ({@link StateStream}).
 */
final class Migration {
  private static final String EVENTS =
      "{\"capabilities\": [{\"capability\": \"events\", \"state\": true}]}";

  /** QEMU's own limit, 128 MiB/s, is for machines that run meanwhile. In bytes per second. */
  private static final String NO_SPEED_LIMIT = "{\"max-bandwidth\": " + (1L << 40) + "}";

  /** Source: MigrationStatus in QEMU's {@code qapi/migration.json}. */
  private static final Set<String> ENDS = Set.of("completed", "failed", "cancelled");

  private final Qmp qmp;
  private final Path socket;

  /**
   * Nothing happens yet.
   *
   * @param qmp the control connection
   * @param socket where the bytes go: a path that QEMU sees too
   */
  Migration(Qmp qmp, Path socket) {
    this.qmp = qmp;
    this.socket = socket;
  }

  /** Waits for QEMU. */
  interface Accept {
    SocketChannel from(ServerSocketChannel listener) throws IOException;
  }

  /**
   * Writes a machine to a file; nothing of it is left if this fails.
   *
   * @param file created; must not exist
   * @param accept waits for QEMU to connect
   */
  void save(Path file, Accept accept) throws IOException {
    if (Files.exists(file)) {
      throw new FileAlreadyExistsException(file + " exists; a machine is saved to a new file.");
    }
    Files.deleteIfExists(socket);
    try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      listener.bind(UnixDomainSocketAddress.of(socket));
      qmp.execute("migrate-set-parameters", NO_SPEED_LIMIT);
      begin("migrate");
      try (SocketChannel channel = accept.from(listener)) {
        StateStream.save(channel, file);
      }
      awaitEnd();
    } catch (IOException e) {
      Files.deleteIfExists(file);
      throw e;
    }
  }

  /**
   * Reads a machine from a file into a QEMU that was started with {@code -incoming defer}.
   *
   * @param file what {@link #save} wrote
   */
  void load(Path file) throws IOException {
    begin("migrate-incoming");
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      StateStream.load(file, channel);
      awaitEnd();
    }
  }

  private void begin(String command) throws IOException {
    qmp.execute("migrate-set-capabilities", EVENTS);
    qmp.clearEvents();
    qmp.execute(command, "{\"uri\": " + Json.quoted("unix:" + socket) + "}");
  }

  private void awaitEnd() throws IOException {
    Qmp.Event end =
        qmp.awaitEvent(
            "the end of the migration",
            event ->
                event.name().equals("MIGRATION")
                    && ENDS.contains(String.valueOf(event.data().get("status"))));
    if (!"completed".equals(end.data().get("status"))) {
      throw new IOException("QEMU's migration ended as " + end.data().get("status") + ".");
    }
  }
}
