package dev.vsocklab.ci.contract;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.qemu.VhostUserBackend;
import dev.vsocklab.spi.BackendLab;
import dev.vsocklab.spi.LabRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Guests restored from one file, one after the other: each connects both ways and echoes. */
@Tag("guest")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class ManyRestoresTest {
  /** More of them: {@code -Dvsocklab.ci.restores=50}. */
  private static final int RESTORES = Integer.getInteger("vsocklab.ci.restores", 5);

  private static final long CID = 42;

  @ParameterizedTest
  @ValueSource(strings = {"vhost-user:6.1", "vhost-user:6.12"})
  void eachOneIsConnectedBothWaysAndEchoes(String name) throws IOException {
    String kernel = name.substring(name.indexOf(':') + 1);
    LabRequest.GuestRequest alone = new LabRequest.GuestRequest(CID, true);
    LabRequest request = new LabRequest("many restores", kernel, List.of(alone));
    try (VhostUserBackend backend = new VhostUserBackend()) {
      for (int i = 0; i < RESTORES; i++) {
        try (BackendLab lab = backend.open(request)) {
          try (Connection in = Connection.between(lab.host(), lab.guest(CID));
              Connection out = Connection.between(lab.guest(CID), lab.host())) {
            assertEchoes(in);
            assertEchoes(out);
          }
          assertTrue(i == 0 || isRestored(lab), "guest " + i + " was booted");
        }
      }
    }
  }

  private static void assertEchoes(Connection ends) throws IOException {
    assertEquals("there", move("there", ends.connected(), ends.accepted()));
    assertEquals("back!", move("back!", ends.accepted(), ends.connected()));
  }

  private static String move(String text, SocketChannel from, SocketChannel to) throws IOException {
    from.write(ByteBuffer.wrap(text.getBytes(US_ASCII)));
    ByteBuffer read = ByteBuffer.allocate(text.length());
    while (read.hasRemaining()) {
      assertTrue(to.read(read) > 0);
    }
    return new String(read.array(), US_ASCII);
  }

  private static boolean isRestored(BackendLab lab) {
    return lab.report().stream().anyMatch(section -> section.text().contains("pool renewed: done"));
  }
}
