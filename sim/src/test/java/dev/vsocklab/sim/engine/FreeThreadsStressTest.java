package dev.vsocklab.sim.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.vsocklab.VsockAddress;
import dev.vsocklab.spi.KernelSocket;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Many threads at once: no byte is lost, none changes its place, nobody waits for ever. */
@Timeout(60)
class FreeThreadsStressTest {
  private static final int BYTES_EACH_WAY = 4 << 20;

  private final TwoMachines lab = new TwoMachines();
  private final ExecutorService threads = Executors.newCachedThreadPool();

  @AfterEach
  void close() {
    threads.shutdownNow();
    lab.close();
  }

  @Test
  void bothDirectionsOfSeveralConnectionsAtOnceKeepTheirBytesInOrder() throws Exception {
    KernelSocket listener = lab.listen(lab.host(), 7000, 100);
    List<Future<byte[]>> sent = new ArrayList<>();
    List<Future<byte[]>> received = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      KernelSocket client = lab.guest().stream();
      client.connect(VsockAddress.host(7000), KernelSocket.FOREVER);
      KernelSocket server = Objects.requireNonNull(listener.accept(0));
      long seed = i;
      sent.add(threads.submit(writer(client, seed)));
      received.add(threads.submit(reader(server, seed)));
      sent.add(threads.submit(writer(server, seed + 100)));
      received.add(threads.submit(reader(client, seed + 100)));
    }
    for (int i = 0; i < sent.size(); i++) {
      assertArrayEquals(
          sent.get(i).get(50, TimeUnit.SECONDS), received.get(i).get(50, TimeUnit.SECONDS));
    }
  }

  /** The accepter writes at once; its data must not overtake the RESPONSE. */
  @Test
  void dataNeverOvertakesTheAnswerToAConnect() throws Exception {
    KernelSocket listener = lab.listen(lab.host(), 7000, 100);
    int connections = 2000;
    Future<Integer> greeter =
        threads.submit(
            () -> {
              for (int i = 0; i < connections; i++) {
                KernelSocket child =
                    Objects.requireNonNull(listener.accept(TimeUnit.SECONDS.toNanos(20)));
                child.write(ByteBuffer.wrap(new byte[] {(byte) i}), KernelSocket.FOREVER);
                child.close();
              }
              return connections;
            });
    for (int i = 0; i < connections; i++) {
      KernelSocket client = lab.guest().stream();
      client.connect(VsockAddress.host(7000), KernelSocket.FOREVER);
      ByteBuffer greeting = ByteBuffer.allocate(1);
      assertEquals(1, client.read(greeting, TimeUnit.SECONDS.toNanos(20)));
      assertEquals((byte) i, greeting.get(0));
      client.close();
    }
    assertEquals(connections, greeter.get(20, TimeUnit.SECONDS));
  }

  private static Callable<byte[]> writer(KernelSocket socket, long seed) {
    return () -> {
      Random random = new Random(seed);
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] bytes = new byte[200_000];
      int left = BYTES_EACH_WAY;
      while (left > 0) {
        random.nextBytes(bytes);
        int length = Math.min(left, 1 + random.nextInt(bytes.length));
        digest.update(bytes, 0, length);
        ByteBuffer src = ByteBuffer.wrap(bytes, 0, length);
        while (src.hasRemaining()) {
          socket.write(src, KernelSocket.FOREVER);
        }
        left -= length;
      }
      return digest.digest();
    };
  }

  private static Callable<byte[]> reader(KernelSocket socket, long seed) {
    return () -> {
      Random random = new Random(~seed);
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      int left = BYTES_EACH_WAY;
      while (left > 0) {
        ByteBuffer dst = ByteBuffer.allocate(1 + random.nextInt(100_000));
        left -= socket.read(dst, KernelSocket.FOREVER);
        digest.update(dst.flip());
      }
      return digest.digest();
    };
  }
}
