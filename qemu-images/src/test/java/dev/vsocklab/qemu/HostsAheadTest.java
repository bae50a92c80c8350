package dev.vsocklab.qemu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.qemu.vhost.VhostPool;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class HostsAheadTest {
  private static final VhostPool.Kind ONE = new VhostPool.Kind("6.1", List.of(42L));
  private static final VhostPool.Kind OTHER = new VhostPool.Kind("6.12", List.of(42L));
  private static final VhostPool.Kind TWO = new VhostPool.Kind("6.1", List.of(42L, 43L));

  private final BlockingQueue<VhostPool.Kind> made = new LinkedBlockingQueue<>();

  @Test
  void eachKindIsMadeOnceHoweverOftenItIsAskedFor() throws InterruptedException {
    try (HostsAhead ahead = new HostsAhead(made::add, 1)) {
      ahead.begin(ONE);
      ahead.begin(ONE);
      ahead.begin(OTHER);

      assertEquals(ONE, made.take());
      assertEquals(OTHER, made.take());
    }
  }

  @Test
  void asManyAsThereIsRoomForAreMadeAtTheSameTime() throws InterruptedException {
    CountDownLatch together = new CountDownLatch(2);
    try (HostsAhead ahead =
        new HostsAhead(
            kind -> {
              together.countDown();
              await(together);
              made.add(kind);
            },
            2)) {
      ahead.begin(ONE);
      ahead.begin(OTHER);

      VhostPool.Kind first = made.take();
      VhostPool.Kind second = made.take();
      assertEquals(Set.of(ONE, OTHER), Set.of(first, second));
    }
  }

  @Test
  void oneThatDoesNotComeUpHoldsUpNoOther() throws InterruptedException {
    try (HostsAhead ahead =
        new HostsAhead(
            kind -> {
              if (kind.equals(ONE)) {
                throw new IOException("for the test");
              }
              made.add(kind);
            },
            1)) {
      ahead.begin(ONE);
      ahead.begin(TWO);

      assertEquals(TWO, made.take());
    }
  }

  @Test
  void closingGivesUpWhatIsBeingMadeAndBeginsNoOther() throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch never = new CountDownLatch(1);
    BlockingQueue<VhostPool.Kind> givenUp = new LinkedBlockingQueue<>();
    HostsAhead ahead =
        new HostsAhead(
            kind -> {
              begun.countDown();
              try {
                await(never);
              } catch (IOException e) {
                givenUp.add(kind);
                throw e;
              }
            },
            1);
    ahead.begin(ONE);
    ahead.begin(OTHER);
    begun.await();

    ahead.close();
    ahead.begin(TWO);

    assertEquals(List.of(ONE), List.copyOf(givenUp));
    assertTrue(made.isEmpty());
  }

  private static void await(CountDownLatch latch) throws IOException {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }
}
