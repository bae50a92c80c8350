package dev.vsocklab.qemu;

import static dev.vsocklab.qemu.testing.Failures.assertSays;
import static dev.vsocklab.qemu.testing.Failures.messageOf;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.spi.LabRequest;
import dev.vsocklab.spi.LabRequest.GuestRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class GuestPoolTest {
  private volatile boolean nextBootFails;
  private final AtomicInteger boots = new AtomicInteger();
  private final AtomicInteger failures = new AtomicInteger();
  private static final int MAX_GUESTS = 6;
  private static final GuestCapacity CAPACITY = new GuestCapacity(MAX_GUESTS, 2000, 3);

  private final GuestPool<FakeGuest> pool =
      new GuestPool<>(this::boot, Duration.ofSeconds(30), CAPACITY);
  private final GuestPool<FakeGuest> impatient =
      new GuestPool<>(this::boot, Duration.ofMillis(10), CAPACITY);

  @Test
  void aGuestThatCameBackIsLentAgainAndOneOfAnotherKindIsBooted() throws IOException {
    FakeGuest first = lend(pool, "6.1", 42);
    pool.giveBack(kind("6.1", 42), first);

    assertSame(first, lend(pool, "6.1", 42));
    assertNotSame(first, lend(pool, "6.12", 42));
    assertNotSame(first, lend(pool, "6.1", 43));
  }

  @Test
  void aFreshGuestIsNeverAnIdleOne() throws IOException {
    FakeGuest first = lend(pool, "6.1", 42);
    pool.giveBack(kind("6.1", 42), first);

    List<FakeGuest> fresh = pool.lend(request("6.1", new GuestRequest(42, true)));

    assertNotSame(first, fresh.get(0));
  }

  @Test
  void aGuestThatDiedWhileIdleIsReplacedAndEnded() throws IOException {
    FakeGuest first = lend(pool, "6.1", 42);
    pool.giveBack(kind("6.1", 42), first);
    first.usable = false;

    assertNotSame(first, lend(pool, "6.1", 42));
    assertEquals(1, first.closes);
  }

  @Test
  void theThirdLabThatWantsTheSameCidWaitsForOneToComeBack() throws Exception {
    FakeGuest first = lend(pool, "6.1", 42);
    lend(pool, "6.1", 42);
    CompletableFuture<FakeGuest> third =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return lend(pool, "6.1", 42);
              } catch (IOException e) {
                throw new IllegalStateException(e);
              }
            });

    pool.giveBack(kind("6.1", 42), first);

    assertSame(first, third.get(30, TimeUnit.SECONDS));
  }

  @Test
  void waitingEndsAtTheDeadlineWithTheNumbers() throws IOException {
    lend(impatient, "6.1", 42);
    lend(impatient, "6.1", 42);

    String message = messageOf(IOException.class, () -> lend(impatient, "6.1", 42));

    assertSays(message, "2 of at most 6 are lent", "Run fewer tests in parallel");
  }

  @Test
  void theLongestUnusedGuestMakesRoomForAnother() throws IOException {
    List<FakeGuest> all = new ArrayList<>();
    for (long cid = 10; cid < 10 + MAX_GUESTS; cid++) {
      all.add(lend(pool, "6.1", cid));
    }
    for (FakeGuest guest : all) {
      pool.giveBack(kind("6.1", guest.cid()), guest);
    }

    lend(pool, "6.1", 99);

    assertEquals(1, all.get(0).closes);
    assertEquals(0, all.get(1).closes);
  }

  @Test
  void moreGuestsThanThereCanBeAreRefusedAtOnce() {
    GuestRequest[] tooMany = new GuestRequest[MAX_GUESTS + 1];
    for (int i = 0; i < tooMany.length; i++) {
      tooMany[i] = new GuestRequest(10 + i, false);
    }

    assertSays(
        messageOf(IOException.class, () -> pool.lend(request("6.1", tooMany))),
        "asks for 7 real guests; at most 6");
  }

  @Test
  void aFailedBootKeepsNoPlaceAndTheOthersGuestsComeBack() throws IOException {
    FakeGuest idle = lend(pool, "6.1", 42);
    pool.giveBack(kind("6.1", 42), idle);
    nextBootFails = true;

    for (int i = 0; i < 2 * MAX_GUESTS; i++) {
      assertSays(
          messageOf(
              IOException.class,
              () ->
                  pool.lend(
                      request("6.1", new GuestRequest(42, false), new GuestRequest(43, false)))),
          "no boot");
    }

    nextBootFails = false;
    assertSame(idle, lend(pool, "6.1", 42));
  }

  @Test
  void closingEndsIdleGuestsAndLentOnesWhenTheyComeBack() throws IOException {
    FakeGuest idle = lend(pool, "6.1", 42);
    FakeGuest lent = lend(pool, "6.1", 43);
    pool.giveBack(kind("6.1", 42), idle);

    pool.close();
    assertEquals(1, idle.closes);
    assertEquals(0, lent.closes);
    pool.giveBack(kind("6.1", 43), lent);
    assertEquals(1, lent.closes);
    assertSays(messageOf(IOException.class, () -> lend(pool, "6.1", 42)), "closed");
  }

  @Test
  void guestsOfOneLabBootAtTheSameTimeAsManyAsThereAreBoots() throws Exception {
    CyclicBarrier together = new CyclicBarrier(3);
    try (GuestPool<FakeGuest> parallel =
        new GuestPool<>(
            kind -> {
              awaitAll(together);
              return new FakeGuest(kind);
            },
            Duration.ofSeconds(30),
            CAPACITY)) {
      List<FakeGuest> guests =
          parallel.lend(
              request(
                  "6.1",
                  new GuestRequest(42, false),
                  new GuestRequest(43, false),
                  new GuestRequest(44, false)));

      assertEquals(List.of(42L, 43L, 44L), guests.stream().map(FakeGuest::cid).toList());
    }
  }

  @Test
  void aGuestThatBootsAlreadyIsTheOneThatTheLabGets() throws Exception {
    pool.prepare(request("6.1", new GuestRequest(42, false)));
    pool.prepare(request("6.1", new GuestRequest(42, false)));

    lend(pool, "6.1", 42);

    assertEquals(1, boots.get());
  }

  @Test
  void preparingTakesNoRoomFromLabsNorMoreThanThereIs() throws Exception {
    for (long cid = 10; cid < 10 + 2 * MAX_GUESTS; cid++) {
      pool.prepare(request("6.1", new GuestRequest(cid, false)));
    }
    for (long cid = 100; cid < 100 + MAX_GUESTS; cid++) {
      lend(pool, "6.1", cid);
    }

    assertTrue(boots.get() <= 2 * MAX_GUESTS, () -> boots + " boots");
  }

  @Test
  void aFreshGuestIsNotPrepared() throws Exception {
    pool.prepare(request("6.1", new GuestRequest(42, true)));

    assertEquals(0, boots.get());
  }

  @Test
  void whatFailedWhilePreparingIsTriedAgain() throws Exception {
    nextBootFails = true;
    pool.prepare(request("6.1", new GuestRequest(42, false)));
    awaitFailures(1);
    nextBootFails = false;

    assertEquals(42, lend(pool, "6.1", 42).cid());
  }

  @Test
  void memoryAndKernelTellGuestsApartAndTheMemoryIsBounded() throws Exception {
    FakeGuest small = lend(pool, "6.1", 42);
    pool.giveBack(kind("6.1", 42), small);
    GuestRequest large = guest(42, 1024);
    GuestRequest older = new GuestRequest(43, false, "6.12", 512, List.of(), List.of());

    List<FakeGuest> guests = pool.lend(request("6.1", large, older));

    assertEquals(
        List.of(new GuestPool.Kind("6.1", 42, 1024), new GuestPool.Kind("6.12", 43, 512)),
        guests.stream().map(FakeGuest::kind).toList());
    assertSays(
        messageOf(
            IOException.class, () -> impatient.lend(request("6.1", large, older, guest(44, 1024)))),
        "asks for real guests with 2560 MiB in all; they may have 2000 MiB");
  }

  @Test
  void idleGuestsMakeRoomInMemoryToo() throws Exception {
    FakeGuest idle = lend(pool, "6.1", 42);
    pool.giveBack(kind("6.1", 42), idle);

    pool.lend(request("6.1", guest(43, 1900)));

    assertEquals(1, idle.closes);
  }

  private static GuestRequest guest(long cid, int memoryMib) {
    return new GuestRequest(cid, false, "", memoryMib, List.of(), List.of());
  }

  private static void awaitAll(CyclicBarrier barrier) throws IOException {
    try {
      barrier.await(30, TimeUnit.SECONDS);
    } catch (BrokenBarrierException | InterruptedException | TimeoutException e) {
      throw new IOException("only some boots ran at the same time", e);
    }
  }

  private void awaitFailures(int count) {
    long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (failures.get() < count) {
      assertTrue(System.nanoTime() - deadlineNanos < 0, "no boot was tried");
      Thread.onSpinWait();
    }
  }

  private static FakeGuest lend(GuestPool<FakeGuest> pool, String series, long cid)
      throws IOException {
    return pool.lend(request(series, new GuestRequest(cid, false))).get(0);
  }

  private static LabRequest request(String series, GuestRequest... guests) {
    return new LabRequest("this test", series, List.of(guests));
  }

  private static GuestPool.Kind kind(String series, long cid) {
    return new GuestPool.Kind(series, cid);
  }

  private FakeGuest boot(GuestPool.Kind kind) throws IOException {
    boots.incrementAndGet();
    if (nextBootFails) {
      failures.incrementAndGet();
      throw new IOException("no boot");
    }
    return new FakeGuest(kind);
  }

  private static final class FakeGuest implements GuestPool.Guest {
    private final GuestPool.Kind kind;
    private volatile boolean usable = true;
    private int closes;

    FakeGuest(GuestPool.Kind kind) {
      this.kind = kind;
    }

    long cid() {
      return kind.cid();
    }

    @Override
    public GuestPool.Kind kind() {
      return kind;
    }

    @Override
    public boolean isUsable() {
      return usable;
    }

    @Override
    public void close() {
      closes++;
    }
  }
}
