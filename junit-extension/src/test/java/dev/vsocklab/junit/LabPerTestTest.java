package dev.vsocklab.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.vsocklab.Lab;
import dev.vsocklab.Machine;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockProvider;
import dev.vsocklab.spi.LabRequest;
import dev.vsocklab.spi.LabRequest.GuestRequest;
import java.io.IOException;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A test has one lab, of its own, from its constructor to its last callback. */
class LabPerTestTest {

  @VsockTest(backends = "fake", guests = 9)
  static class Sharing {
    private final Machine fromConstructor;
    private final Lab lab;

    Sharing(@Host Machine host, Lab lab) {
      this.fromConstructor = host;
      this.lab = lab;
    }

    @BeforeEach
    void setUp(@Host Machine host, @Guest(42) VsockProvider guest) throws IOException {
      assertSame(fromConstructor, host);
      assertEquals(42, guest.localCid());
    }

    @Test
    void test(Lab lab, @Guest(42) Machine guest, @Guest(value = 7, fresh = true) Machine other) {
      assertSame(this.lab, lab);
      assertSame(lab.guest(42), guest);
      assertEquals(7, other.cid());
      assertEquals(3, lab.guests().size());
    }

    @AfterEach
    void tearDown(@Guest(value = 42, fresh = true) Machine last, @Host Machine host) {
      assertSame(fromConstructor, host);
      assertEquals(0, host.as(FakeLab.class).orElseThrow().closes());
    }
  }

  @VsockTest(backends = "fake", siblings = true)
  static class Siblings {
    @Test
    void test(@Guest(42) Machine guest) {}

    @Nested
    class Inner {
      @Test
      void inner(@Guest(43) Machine guest) {}
    }
  }

  @VsockTest(siblings = true)
  static class SiblingsOnTheSimulator {
    @Test
    void guestReachesGuest(@Guest(42) Machine one, @Guest(43) Machine other) throws IOException {
      try (ServerSocketChannel server = other.vsock().openServerSocketChannel();
          SocketChannel client = one.vsock().openSocketChannel()) {
        server.bind(VsockAddress.any(7000));
        assertTrue(client.connect(VsockAddress.of(43, 7000)));
      }
    }
  }

  @VsockTest(backends = "fake:*")
  static class Repeating {
    @RepeatedTest(3)
    void again(@Host Machine host) {}

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void sizes(int size, @Host Machine host) {}

    @Test
    void withoutLab() {}
  }

  @VsockTest(backends = "fake")
  static class Enclosing {
    private final Machine outer;

    Enclosing(@Guest(10) Machine outer) {
      this.outer = outer;
    }

    @Nested
    class Inner {
      private final Machine inner;

      Inner(@Guest(11) Machine inner) {
        this.inner = inner;
      }

      @Test
      void test(@Guest(12) Machine own) {
        assertSame(lab(outer), lab(inner));
        assertSame(lab(outer), lab(own));
      }
    }
  }

  @VsockTest(backends = "fake")
  @TestInstance(TestInstance.Lifecycle.PER_CLASS)
  static class PerClass {
    private FakeLab last = new FakeLab(new FakeBackend(), new LabRequest("none", "", List.of()));

    @BeforeEach
    void setUp(@Host Machine host) {
      assertNotSame(last, lab(host));
      last = lab(host);
    }

    @RepeatedTest(2)
    void test(@Host Machine host) {
      assertSame(last, lab(host));
    }
  }

  @VsockTest(backends = "fake:*")
  static class Concurrent {
    private static final CountDownLatch ALL_RUN = new CountDownLatch(3);
    private final Machine host;

    Concurrent(@Host Machine host) {
      this.host = host;
    }

    @BeforeEach
    void setUp(@Guest(42) Machine guest) {
      assertSame(lab(host), lab(guest));
    }

    @RepeatedTest(3)
    void test(@Host Machine host) throws InterruptedException {
      assertSame(this.host, host);
      ALL_RUN.countDown();
      assertTrue(ALL_RUN.await(30, TimeUnit.SECONDS), "the tests do not run at the same time");
      assertEquals(0, lab(host).closes(), "another test closed this test's lab");
    }
  }

  @Guest(1024)
  @Retention(RetentionPolicy.RUNTIME)
  @interface Inventory {}

  @VsockTest(backends = "fake")
  static class Composing {
    @Test
    void test(@Inventory Machine guest) {
      assertEquals(1024, guest.cid());
    }
  }

  @VsockTest(backends = "fake")
  @ExtendWith(OtherExtension.class)
  static class Neighbour {
    @Test
    void test(VsockProvider mock, @Host VsockProvider host) throws IOException {
      assertEquals(-1, mock.localCid());
      assertEquals(2, host.localCid());
    }
  }

  private static final class OtherExtension implements ParameterResolver {

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
      return parameter.getIndex() == 0;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
      return FakeLab.provider(-1);
    }
  }

  @VsockTest(backends = "fake")
  static class FailingEarly {
    FailingEarly(@Host Machine host) {}

    @BeforeEach
    void setUp() {
      fail("in @BeforeEach");
    }

    @Test
    void test() {}
  }

  @VsockTest(backends = "fake")
  static class FailingInConstructor {
    FailingInConstructor(@Host Machine host) {
      fail("in the constructor");
    }

    @Test
    void test() {}
  }

  @VsockTest(backends = "fake")
  static class Aborting {
    @Test
    void test(@Host Machine host) {
      Assumptions.abort("not today");
    }
  }

  @VsockTest(backends = "fake")
  static class NotEnding {
    @Test
    void passes(@Guest(77) Machine guest) {}
  }

  @VsockTest(backends = "fake")
  static class FailingAndNotEnding {
    @Test
    void fails(@Guest(77) Machine guest) {
      fail("its own failure");
    }
  }

  @Test
  void constructorCallbacksAndTestShareOneLabWithEveryGuestTheyName() {
    SampleRun run = SampleRun.of(Sharing.class).run().passed(1);
    assertEquals(1, run.labs().size());
    assertEquals(
        List.of(
            new GuestRequest(9, false),
            new GuestRequest(42, true), // as one of its three parameters asks
            new GuestRequest(7, true)),
        run.labs().get(0).request().guests());
    assertEquals(List.of(1), closes(run));
  }

  @Test
  void siblingsAreWhatTheClassAsksFor() {
    assertEquals(List.of(true, true), siblings(SampleRun.of(Siblings.class).run().passed(2)));
    assertTrue(siblings(SampleRun.of(Repeating.class).run()).stream().noneMatch(it -> it));
  }

  private static List<Boolean> siblings(SampleRun run) {
    return run.labs().stream().map(lab -> lab.request().siblings()).toList();
  }

  @Test
  void siblingsReachEachOtherOnTheSimulator() {
    SampleRun.of(SiblingsOnTheSimulator.class).run().passed(1);
  }

  @Test
  void everyRepetitionAndEverySetOfArgumentsHasItsOwnLab() {
    SampleRun run = SampleRun.of(Repeating.class).run().passed(12);
    assertEquals(10, run.labs().size());
    assertEquals(List.of(1), closes(run).stream().distinct().toList());
  }

  @Test
  void requestIsNamedAfterTheTest() {
    List<String> names =
        SampleRun.of(Repeating.class).run().labs().stream()
            .map(lab -> lab.request().name())
            .distinct()
            .sorted()
            .toList();
    assertEquals(
        List.of(
            "Repeating.again repetition 1 of 3",
            "Repeating.again repetition 2 of 3",
            "Repeating.again repetition 3 of 3",
            "Repeating.sizes [1] 1",
            "Repeating.sizes [2] 2"),
        names.stream().map(name -> name.replaceFirst("size ?= ?", "")).toList());
  }

  @Test
  void nestedClassesTestHasOneLabWithTheGuestsOfAllItsClasses() {
    SampleRun run = SampleRun.of(Enclosing.class).run().passed(1);
    assertEquals(1, run.labs().size());
    assertEquals(3, run.labs().get(0).guests().size());
  }

  @Test
  void testsOfOneInstanceStillHaveALabEach() {
    SampleRun run = SampleRun.of(PerClass.class).run().passed(2);
    assertEquals(List.of(1, 1), closes(run));
  }

  @Test
  void testsThatRunAtTheSameTimeHaveALabEach() {
    SampleRun run =
        SampleRun.of(Concurrent.class)
            .parameter("junit.jupiter.execution.parallel.enabled", "true")
            .parameter("junit.jupiter.execution.parallel.mode.default", "concurrent")
            .parameter("junit.jupiter.execution.parallel.config.strategy", "fixed")
            .parameter("junit.jupiter.execution.parallel.config.fixed.parallelism", "6")
            .run()
            .passed(6);
    assertEquals(List.of(1, 1, 1, 1, 1, 1), closes(run));
  }

  @Test
  void annotationComposedOfOursWorksLikeOurs() {
    SampleRun.of(Composing.class).run().passed(1);
  }

  @Test
  void parameterWithoutOurAnnotationIsLeftToOtherExtensions() {
    SampleRun.of(Neighbour.class).run().passed(1);
  }

  @Test
  void labIsClosedAfterAFailureInBeforeEach() {
    SampleRun run = SampleRun.of(FailingEarly.class).run();
    assertEquals("in @BeforeEach", run.failure().getMessage());
    assertEquals(List.of(1), closes(run));
  }

  @Test
  void labIsClosedAfterAFailureInTheConstructor() {
    SampleRun run = SampleRun.of(FailingInConstructor.class).run();
    assertEquals("in the constructor", run.failure().getMessage());
    assertEquals(List.of(1), closes(run));
  }

  @Test
  void labIsClosedAfterAnAbortedTest() {
    SampleRun run = SampleRun.of(Aborting.class).run();
    assertEquals(1, run.results().testEvents().aborted().count());
    assertEquals(List.of(1), closes(run));
  }

  @Test
  void labThatDoesNotCloseFailsAPassingTest() {
    SampleRun run = SampleRun.of(NotEnding.class).run();
    assertEquals("vm(77) did not end within 5 s.", run.failure().getMessage());
  }

  @Test
  void labThatDoesNotCloseIsAddedToTheTestsOwnFailure() {
    Throwable failure = SampleRun.of(FailingAndNotEnding.class).run().failure();
    assertEquals("its own failure", failure.getMessage());
    assertTrue(
        List.of(failure.getSuppressed()).stream()
            .anyMatch(e -> "vm(77) did not end within 5 s.".equals(e.getMessage())),
        () -> List.of(failure.getSuppressed()).toString());
  }

  private static FakeLab lab(Machine machine) {
    return machine.as(FakeLab.class).orElseThrow();
  }

  private static List<Integer> closes(SampleRun run) {
    return run.labs().stream().map(FakeLab::closes).toList();
  }
}
