package dev.vsocklab.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.Machine;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A machine that ends by itself fails its test at once, whatever the test waits for. */
@Timeout(60)
class BrokenLabTest {
  private static final String WHAT = "vm(42) ended although the test did not end it. It panicked.";

  private static void breakFromAnotherThread(Machine guest) {
    FakeLab lab = guest.as(FakeLab.class).orElseThrow();
    new Thread(() -> lab.breakNow(WHAT)).start();
  }

  private static void breakAndReturn(Machine guest) {
    guest.as(FakeLab.class).orElseThrow().breakNow(WHAT);
  }

  @VsockTest(backends = "fake")
  static class Waiting {
    @Test
    void test(@Guest(42) Machine guest) throws InterruptedException {
      breakFromAnotherThread(guest);
      new CountDownLatch(1).await();
    }
  }

  @VsockTest(backends = "fake")
  static class WaitingInAThreadOfJunits {
    @Test
    @Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void test(@Guest(42) Machine guest) throws InterruptedException {
      breakFromAnotherThread(guest);
      new CountDownLatch(1).await();
    }
  }

  @VsockTest(backends = "fake")
  static class WaitingInSetUp {
    @BeforeEach
    void setUp(@Guest(42) Machine guest) throws InterruptedException {
      breakFromAnotherThread(guest);
      new CountDownLatch(1).await();
    }

    @Test
    void test() {}
  }

  @VsockTest(backends = "fake")
  static class Passing {
    @Test
    void test(@Guest(42) Machine guest) {
      breakAndReturn(guest);
      assertTrue(Thread.currentThread().isInterrupted());
    }

    @Test
    void other(@Guest(43) Machine guest) {
      assertFalse(Thread.currentThread().isInterrupted());
    }
  }

  @VsockTest(backends = "fake")
  static class BreakingAtTheEnd {
    @Test
    void test(@Guest(42) Machine guest) {
      guest.as(FakeLab.class).orElseThrow().breakAtClose(WHAT);
    }
  }

  @Test
  void aWaitingTestIsInterruptedAndFailsWithTheReason() {
    assertBroken(Waiting.class, 1);
  }

  @Test
  void alsoInAThreadThatJunitMadeForIt() {
    assertBroken(WaitingInAThreadOfJunits.class, 1);
  }

  @Test
  void alsoInItsSetUp() {
    assertBroken(WaitingInSetUp.class, 1);
  }

  @Test
  void aTestThatWouldHavePassedFailsAndTheNextIsNotInterrupted() {
    assertBroken(Passing.class, 0);
  }

  @Test
  void whatBreaksOnlyWhenTheLabClosesFailsThePassedTest() {
    Throwable failure = SampleRun.of(BreakingAtTheEnd.class).run().failure();

    assertInstanceOf(IOException.class, failure);
    assertEquals(WHAT, failure.getMessage());
  }

  private static void assertBroken(Class<?> sample, int interrupts) {
    Throwable failure = SampleRun.of(sample).run().failure();
    assertInstanceOf(BrokenLab.LabBrokeError.class, failure);
    assertEquals(WHAT, failure.getMessage());
    assertEquals(
        interrupts,
        Arrays.stream(failure.getSuppressed())
            .filter(InterruptedException.class::isInstance)
            .count());
    assertFalse(
        Arrays.stream(failure.getSuppressed()).anyMatch(e -> WHAT.equals(e.getMessage())),
        "told twice");
  }
}
