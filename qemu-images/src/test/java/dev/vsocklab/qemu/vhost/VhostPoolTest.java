package dev.vsocklab.qemu.vhost;

import static dev.vsocklab.qemu.testing.Failures.assertSays;
import static dev.vsocklab.qemu.testing.Failures.messageOf;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.vsocklab.qemu.agent.AgentClient;
import dev.vsocklab.qemu.vhost.VhostPool.Freshness;
import dev.vsocklab.qemu.vhost.VhostPool.Kind;
import dev.vsocklab.spi.BackendLab.ReportSection;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class VhostPoolTest {
  private static final Kind ONE = new Kind("6.1", List.of(42L));
  private static final Kind OTHER = new Kind("6.12", List.of(42L));
  private static final Kind TWO = new Kind("6.1", List.of(42L, 43L));

  private boolean nextFails;
  private final VhostPool pool = new VhostPool(this::open, Duration.ofSeconds(30));
  private final VhostPool impatient = new VhostPool(this::open, Duration.ofMillis(10));

  @Test
  void aHostThatCameBackIsLentAgainToWhoWantsItsKernelAndItsGuests() throws IOException {
    FakeHost first = lend(pool, ONE);
    pool.giveBack(ONE, first);

    assertSame(first, lend(pool, ONE));
    pool.giveBack(ONE, first);
    assertNotSame(first, lend(pool, OTHER));
    assertNotSame(first, lend(pool, TWO));
  }

  @Test
  void theLongestUnusedMakesRoom() throws IOException {
    FakeHost one = lend(pool, ONE);
    pool.giveBack(ONE, one);
    FakeHost other = lend(pool, OTHER);
    pool.giveBack(OTHER, other);

    lend(pool, TWO);

    assertEquals(1, one.closes);
    assertEquals(0, other.closes);
  }

  @Test
  void whoWantsItStartedAnewGetsNoIdleOne() throws IOException {
    FakeHost first = lend(pool, ONE);
    pool.giveBack(ONE, first);

    assertNotSame(first, pool.lend("lab", ONE, Freshness.STARTED_ANEW));
  }

  @Test
  void oneThatDiedWhileIdleIsReplacedAndEnded() throws IOException {
    FakeHost first = lend(pool, ONE);
    pool.giveBack(ONE, first);
    first.usable = false;

    assertNotSame(first, lend(pool, ONE));
    assertEquals(1, first.closes);
  }

  @Test
  void theThirdLabWaitsForAPlace() throws Exception {
    FakeHost first = lend(pool, ONE);
    lend(pool, ONE);
    CompletableFuture<FakeHost> third =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return lend(pool, ONE);
              } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
            });

    pool.giveBack(ONE, first);

    assertSame(first, third.get(30, TimeUnit.SECONDS));
  }

  @Test
  void whoWaitsTooLongIsToldHowManyThereAre() throws IOException {
    lend(impatient, ONE);
    lend(impatient, ONE);

    assertSays(messageOf(IOException.class, () -> lend(impatient, ONE)), "other tests have all 2");
  }

  @Test
  void oneThatDidNotComeUpOrIsDiscardedLeavesItsPlace() throws IOException {
    nextFails = true;
    messageOf(IOException.class, () -> lend(impatient, ONE));
    FakeHost first = lend(impatient, ONE);
    lend(impatient, ONE);

    impatient.discard(first);

    assertEquals(1, first.closes);
    lend(impatient, ONE);
  }

  @Test
  void aClosedPoolEndsWhatIsIdleAndWhatComesBack() throws IOException {
    FakeHost idle = lend(pool, ONE);
    FakeHost lent = lend(pool, ONE);
    pool.giveBack(ONE, idle);

    pool.close();
    pool.giveBack(ONE, lent);

    assertEquals(1, idle.closes);
    assertEquals(1, lent.closes);
    assertSays(messageOf(IOException.class, () -> lend(pool, ONE)), "closed");
  }

  private FakeHost lend(VhostPool from, Kind kind) throws IOException {
    return (FakeHost) from.lend("lab", kind, Freshness.AS_NEW);
  }

  private VhostHost open(Kind kind) throws IOException {
    if (nextFails) {
      nextFails = false;
      throw new IOException(kind + " does not come up");
    }
    return new FakeHost();
  }

  private static final class FakeHost implements VhostHost {
    private volatile boolean usable = true;
    private int closes;

    @Override
    public AgentClient agent() {
      throw new AssertionError("the pool has no business with it");
    }

    @Override
    public List<VhostGuest> guests() {
      return List.of();
    }

    @Override
    public boolean clean() {
      return usable;
    }

    @Override
    public boolean isUsable() {
      return usable;
    }

    @Override
    public List<ReportSection> report() {
      return new ArrayList<>();
    }

    @Override
    public void close() {
      closes++;
    }
  }
}
