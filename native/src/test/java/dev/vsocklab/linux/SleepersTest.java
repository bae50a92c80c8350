package dev.vsocklab.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.Errno;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What counts as a sleeping call's result, from calls that are played. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SleepersTest {
  private final Fd fd = TestLibc.memFile(1);
  private final Sleepers sleepers = new Sleepers(fd);

  @AfterEach
  void close() {
    fd.close();
  }

  @Test
  void anEagainOfTheMomentWithONonblockIsNotTheCallsResult() {
    for (Errno errno : new Errno[] {Errno.EAGAIN, Errno.EINPROGRESS, Errno.EALREADY}) {
      AtomicInteger calls = new AtomicInteger();
      long result =
          sleepers.sleep(
              () -> {
                if (calls.incrementAndGet() > 1) {
                  return 7;
                }
                assertEquals(0L, anotherThreadsCallThatDoesNotSleep());
                return -errno.number();
              });
      assertEquals(7, result, errno.name());
      assertEquals(2, calls.get());
    }
  }

  private long anotherThreadsCallThatDoesNotSleep() {
    return CompletableFuture.supplyAsync(() -> sleepers.withoutSleep(() -> 0)).join();
  }

  @Test
  void anEagainOfTheKernelsOwnIsTheResult() {
    AtomicInteger calls = new AtomicInteger();
    long result =
        sleepers.sleep(
            () -> {
              calls.incrementAndGet();
              return -Libc.EAGAIN;
            });
    assertEquals(-Libc.EAGAIN, result);
    assertEquals(1, calls.get());
  }

  @Test
  void aSignalThatWasNotMeantIsNotTheResult() {
    AtomicInteger calls = new AtomicInteger();
    assertEquals(3, sleepers.sleep(() -> calls.incrementAndGet() < 3 ? -Libc.EINTR : 3));
  }

  @Test
  void wakingEndsACallThatSleepsInTheKernel() throws Exception {
    UnixConnection[] pair = TestLibc.connectedPair();
    try (UnixConnection near = pair[0];
        UnixConnection far = pair[1]) {
      assertTrue(far.fd().number() >= 0);
      CountDownLatch begun = new CountDownLatch(1);
      ByteBuffer room = ByteBuffer.allocateDirect(1);
      int number = near.fd().number();
      CompletableFuture<Long> call =
          CompletableFuture.supplyAsync(
              () ->
                  sleepers.sleep(
                      () -> {
                        begun.countDown();
                        return Libc.orErrno(Libc.read(number, room, 1)); // nobody ever writes
                      }));
      assertTrue(begun.await(30, TimeUnit.SECONDS));
      while (!call.isDone()) { // the signal may come before the call has begun: so again
        sleepers.wake();
        Thread.onSpinWait();
      }
      assertEquals(-Errno.EBADF.number(), call.get());
      assertEquals(-Errno.EBADF.number(), sleepers.sleep(() -> 0), "nobody sleeps any more");
    }
  }
}
