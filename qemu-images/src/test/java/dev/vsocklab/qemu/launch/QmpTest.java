package dev.vsocklab.qemu.launch;

import static dev.vsocklab.qemu.testing.Failures.assertSays;
import static dev.vsocklab.qemu.testing.Failures.messageOf;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The control connection, with a scripted QEMU at its other end. */
@Timeout(60)
class QmpTest {
  private static final String GREETING = "{\"QMP\": {\"version\": {}, \"capabilities\": []}}";

  private final Path folder;

  QmpTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void anAnswerIsFoundBetweenEventsAndEventsAreKept() throws Exception {
    CompletableFuture<List<String>> qemu =
        run(
            List.of(
                "{\"return\": {}, \"id\": 1}",
                "{\"event\": \"RESET\", \"data\": {}}\n{\"return\": {}, \"id\": 2}"),
            qmp -> {
              qmp.execute("system_reset", "{}");
              qmp.awaitEvent("RESET");
            });

    assertSays(qemu.get(30, TimeUnit.SECONDS).get(1), "\"execute\": \"system_reset\"");
    assertEquals(2, qemu.get(30, TimeUnit.SECONDS).size());
  }

  @Test
  void aRefusalIsToldInQemusWords() {
    String message =
        messageOf(
            IOException.class,
            () ->
                run(
                    List.of(
                        "{\"return\": {}, \"id\": 1}",
                        "{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"no such\"},"
                            + " \"id\": 2}"),
                    qmp -> qmp.execute("dance", "{}")));

    assertSays(message, "QEMU refused dance: no such");
  }

  @Test
  void anEndInsteadOfAnAnswerIsToldAtOnce() {
    String message =
        messageOf(
            IOException.class,
            () -> run(List.of("{\"return\": {}, \"id\": 1}"), qmp -> qmp.execute("stop", "{}")));

    assertSays(message, "QEMU ended while it was asked for stop");
  }

  private interface Use {
    void of(Qmp qmp) throws IOException;
  }

  /** Plays QEMU: greets, then answers each line with the next text, then hangs up. */
  private CompletableFuture<List<String>> run(List<String> answers, Use use) throws IOException {
    try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      UnixDomainSocketAddress address = UnixDomainSocketAddress.of(folder.resolve("qmp.sock"));
      listener.bind(address);
      SocketChannel qemuEnd = SocketChannel.open(address);
      CompletableFuture<List<String>> asked =
          CompletableFuture.supplyAsync(() -> play(qemuEnd, answers));
      try (Qmp qmp = Qmp.over(listener.accept())) {
        use.of(qmp);
      }
      return asked;
    }
  }

  private static List<String> play(SocketChannel channel, List<String> answers) {
    List<String> asked = new ArrayList<>();
    try (channel) {
      BufferedReader in = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));
      send(channel, GREETING);
      for (String answer : answers) {
        asked.add(in.readLine());
        send(channel, answer);
      }
      if (answers.size() == 1) {
        asked.add(in.readLine()); // and no answer
      }
    } catch (IOException e) {
      asked.add(e.toString());
    }
    return asked;
  }

  private static void send(SocketChannel channel, String text) throws IOException {
    channel.write(StandardCharsets.UTF_8.encode(text + "\n"));
  }
}
