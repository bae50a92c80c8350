package dev.vsocklab.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.Lab;
import dev.vsocklab.Machine;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockChannel;
import dev.vsocklab.VsockProvider;
import java.lang.reflect.Parameter;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.GenerationMode;
import net.jqwik.api.Group;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.AfterTry;
import net.jqwik.api.lifecycle.BeforeTry;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.platform.engine.reporting.ReportEntry;
import org.junit.platform.testkit.engine.Event;
import org.junit.platform.testkit.engine.EventType;

/** {@code @VsockTest} on classes of jqwik properties. */
class LabPerTryTest {

  @VsockTest
  static class OnTheSimulator {
    @Property(tries = 20)
    void everyTryStartsWithAllPortsFree(
        @ForAll @IntRange(min = 1, max = 1000) int length,
        @Host Machine host,
        @Guest(42) VsockProvider guest)
        throws Exception {
      // Left open: the next try has another lab.
      ServerSocketChannel server = host.vsock().openServerSocketChannel();
      server.bind(VsockAddress.any(7000));
      SocketChannel agent = guest.openSocketChannel();
      agent.connect(VsockAddress.host(7000));
      agent.write(ByteBuffer.allocate(length));
      ByteBuffer got = ByteBuffer.allocate(length);
      assertEquals(length, VsockChannel.of(server.accept()).readFully(got));
    }

    @Example
    void anExampleHasALabToo(Lab lab) {
      assertEquals(List.of(), lab.guests());
    }
  }

  @Test
  void eachTryHasALabOfItsOwn() {
    SampleRun.ofProperties(OnTheSimulator.class).run().passed(2);
  }

  @VsockTest(backends = "fake")
  static class Tries {
    private @Nullable Machine before;

    @BeforeTry
    void setUp(@Guest(43) Machine machine) {
      before = machine;
    }

    @Property(tries = 5)
    void property(@ForAll int any, @Guest(42) Machine guest, @Guest(43) Machine same, Lab lab) {
      assertSame(before, same);
      assertEquals(2, lab.guests().size());
    }

    @AfterTry
    void tearDown(@Guest(43) Machine machine) {
      assertSame(before, machine);
    }
  }

  @Test
  void aTrysMethodsSeeItsLabWhichHasEveryGuestThatTheyName() {
    SampleRun run = SampleRun.ofProperties(Tries.class).run().passed(1);
    assertEquals(5, run.labs().size());
    for (FakeLab lab : run.labs()) {
      assertEquals(2, lab.guests().size());
      assertEquals(1, lab.closes());
      assertEquals("Tries.property", lab.request().name());
    }
  }

  @Test
  void theBackendsEndWithTheRun() {
    SampleRun.ofProperties(Tries.class).run().passed(1);
    assertEquals(1, FakeBackend.closedBackends());
  }

  @VsockTest(backends = "fake")
  static class Fails {
    @Property(tries = 1000, seed = "42")
    void property(@ForAll @Size(max = 50) List<Integer> numbers, @Guest(42) Machine guest) {
      assertEquals("vm(42)", guest.name());
      assertTrue(numbers.size() < 3, () -> numbers.size() + " numbers");
    }
  }

  @Test
  void aFailureIsShrunkInALabForEachStepAndSaysWhatItsLabSaw() {
    SampleRun run = SampleRun.ofProperties(Fails.class).run();
    Throwable failure = run.failure();
    assertEquals("3 numbers ==> expected: <true> but was: <false>", failure.getMessage());
    assertEquals(run.labs().size(), run.labs().stream().distinct().count());
    assertTrue(run.labs().size() > 5, () -> "labs: " + run.labs().size());
    run.labs().forEach(lab -> assertEquals(1, lab.closes()));
    Throwable report = failure.getSuppressed()[0];
    assertTrue(
        SampleRun.message(report).startsWith("the lab of Fails.property on fake, Linux 2.0.7"),
        report::toString);
    String sample = reports(run);
    assertTrue(sample.contains("numbers: [0, 0, 0]"), sample);
    assertTrue(sample.contains("guest: @Guest(42)"), sample);
  }

  @VsockTest(backends = {"fake", "sim"})
  static class OnTwo {
    static final List<String> SEEN = new ArrayList<>();

    @Property(tries = 2, generation = GenerationMode.RANDOMIZED)
    void property(@ForAll @IntRange(max = 100) int any, @Guest(42) Machine guest) {
      SEEN.add(guest.getClass().getSimpleName() + " " + any);
    }
  }

  @Test
  void aSampleRunsOnEachChosenBackend() {
    OnTwo.SEEN.clear();
    SampleRun.ofProperties(OnTwo.class).run().passed(1);
    assertEquals(4, OnTwo.SEEN.size(), OnTwo.SEEN::toString);
    List<String> samples =
        OnTwo.SEEN.stream().map(it -> it.substring(it.indexOf(' '))).collect(Collectors.toList());
    assertEquals(samples.get(0), samples.get(1));
    assertEquals(samples.get(2), samples.get(3));
    assertFalse(OnTwo.SEEN.get(0).equals(OnTwo.SEEN.get(1)));
  }

  @Test
  void onABackendThatCannotRunAPropertyIsSkippedWithTheReason() {
    SampleRun run = SampleRun.ofProperties(Tries.class).property(Settings.BACKENDS, "absent").run();
    Map<String, String> skipped = run.skipped();
    assertEquals(
        "Backend absent cannot run: no engine on the PATH. Install it (apt-get install it).",
        skipped.get("property"));
  }

  @Test
  void whereOneOfTwoBackendsCannotRunThePropertyHasNotPassed() {
    SampleRun run =
        SampleRun.ofProperties(Tries.class).property(Settings.BACKENDS, "fake,absent").run();
    assertEquals(0, run.results().testEvents().succeeded().count());
    assertEquals(1, run.results().testEvents().aborted().count());
    assertEquals(5, run.labs().size());
  }

  @Test
  void aRequiredBackendThatCannotRunFailsTheProperty() {
    SampleRun run =
        SampleRun.ofProperties(Tries.class)
            .property(Settings.BACKENDS, "absent")
            .property(Settings.REQUIRE, "absent")
            .run();
    assertTrue(
        SampleRun.message(run.failure()).endsWith("It must run: vsocklab.require names it."),
        () -> run.failure().toString());
  }

  @VsockTest(backends = "fake")
  static class DoesNotClose {
    @Property(tries = 1)
    void property(@Guest(FakeLab.CID_THAT_DOES_NOT_END) Machine guest) {}
  }

  @Test
  void aLabThatDoesNotCloseFailsItsTry() {
    assertEquals(
        "vm(77) did not end within 5 s.",
        SampleRun.ofProperties(DoesNotClose.class).run().failure().getMessage());
  }

  @VsockTest(backends = "fake")
  static class Grouped {
    private final String name = "vm(42)";

    @Group
    class Inner {
      @Property(tries = 2)
      void property(@Guest(42) Machine guest) {
        assertEquals(name, guest.name());
      }
    }
  }

  @Test
  void aGroupTakesPartInTheClassAroundIt() {
    assertEquals(2, SampleRun.ofProperties(Grouped.class).run().passed(1).labs().size());
  }

  static class NotOurs {
    @Property(tries = 3)
    void property(@ForAll int any) {}
  }

  @Test
  void aClassWithoutTheAnnotationIsLeftAlone() {
    assertEquals(List.of(), SampleRun.ofProperties(NotOurs.class).run().passed(1).labs());
  }

  @VsockTest(backends = "fake")
  static class Both {
    @Property(tries = 2)
    void property(@Guest(42) Machine guest) {}

    @Test
    void test(@Guest(42) Machine guest) {}
  }

  @Test
  void oneClassMayHaveTestsAndProperties() {
    assertEquals(2, SampleRun.ofProperties(Both.class).run().passed(1).labs().size());
    assertEquals(1, SampleRun.of(Both.class).run().passed(1).labs().size());
  }

  @Test
  void jupiterFindsNothingInAClassOfProperties() {
    SampleRun run = SampleRun.of(Tries.class).run();
    assertEquals(List.of(), run.namesOfFinished());
    assertEquals(List.of(), run.failures());
  }

  @Test
  void noDatabaseIsLeftBehind() {
    SampleRun.ofProperties(Fails.class).run();
    assertFalse(Files.exists(Path.of(".jqwik-database")));
  }

  // -- Wrong uses --

  static class NoAnnotation {
    @Property(tries = 1)
    void property(@Guest(42) Machine guest) {}
  }

  @VsockTest(backends = "fake")
  static class WrongType {
    @Property(tries = 1)
    void property(@Guest(42) String guest) {}
  }

  @VsockTest(backends = "fake")
  static class Unknown {
    @Property(tries = 1)
    void property(StringBuilder unknown) {}
  }

  @VsockTest(backends = "fake")
  static class OneCidTwice {
    @Property(tries = 1)
    void property(@Guest(42) Machine one, @Guest(42) Machine other) {}
  }

  @VsockTest(backends = "nosuch")
  static class UnknownBackend {
    @Property(tries = 1)
    void property(@Guest(42) Machine one) {}
  }

  @VsockTest(backends = "fake")
  static class InTheConstructor {
    InTheConstructor(@Guest(42) Machine guest) {}

    @Property(tries = 1)
    void property() {}
  }

  @Test
  void labInAClassWithoutVsockTest() {
    assertMessage(
        NoAnnotation.class,
        "@Guest(42) in NoAnnotation.property has no lab to take from, because nothing chose a"
            + " backend for NoAnnotation. Annotate that class with @VsockTest.");
  }

  @Test
  void guestOnAParameterOfAnotherType() {
    assertMessage(
        WrongType.class,
        "@Guest(42) in WrongType.property is on a parameter of type String, but it gives a"
            + " Machine or a VsockProvider. Change the type to one of these.");
  }

  @Test
  void aParameterThatNobodyKnowsIsJqwiksToRefuse() {
    String message = SampleRun.message(SampleRun.ofProperties(Unknown.class).run().failure());
    assertTrue(message.contains("StringBuilder"), message);
  }

  @Test
  void oneCidTwiceInOneParameterList() {
    assertMessage(
        OneCidTwice.class,
        "Two parameters of OneCidTwice.property ask for CID 42, but each guest has its own. Change"
            + " one, or take the Machine once and ask it for vsock().");
  }

  @Test
  void backendThatIsUnknown() {
    String message =
        SampleRun.message(SampleRun.ofProperties(UnknownBackend.class).run().failure());
    assertTrue(
        message.startsWith("Backend \"nosuch\" in @VsockTest(backends = …) is unknown."), message);
  }

  @Test
  void aPropertysInstanceServesAllTriesSoItsConstructorHasNoLab() {
    Throwable failure = SampleRun.ofProperties(InTheConstructor.class).run().failure();
    assertEquals(
        "@Guest(42) in InTheConstructor's constructor has no lab to take from, because a lab lives"
            + " for one test and this runs outside any. Take it in @BeforeTry or in the test.",
        Objects.requireNonNull(failure.getCause()).getMessage());
  }

  interface Parameters {
    void method(@Host Machine host);
  }

  @Test
  void whatStandsForAMachineInASampleSaysSoWhenItIsUsed() {
    Parameter parameter = Parameters.class.getDeclaredMethods()[0].getParameters()[0];
    Object one = new LabPlaceholder(Asked.by(parameter), parameter).object();
    Object other = new LabPlaceholder(Asked.by(parameter), parameter).object();
    assertNotSame(one, other);
    assertEquals(one, other);
    assertEquals("@Host", one.toString());
    assertEquals(
        "Machine.vsock() was called on what stands for @Host in a jqwik sample, but only its try"
            + " has a lab. Take the parameter in the property or in @BeforeTry.",
        assertThrows(IllegalStateException.class, ((Machine) one)::vsock).getMessage());
  }

  private static void assertMessage(Class<?> sample, String message) {
    assertEquals(message, SampleRun.ofProperties(sample).run().failure().getMessage());
  }

  /** What jqwik published about the run. */
  private static String reports(SampleRun run) {
    return run.results()
        .allEvents()
        .filter(event -> event.getType() == EventType.REPORTING_ENTRY_PUBLISHED)
        .map(event -> entry(event).getKeyValuePairs().toString().replaceAll("\\s+", " "))
        .collect(Collectors.joining("\n"));
  }

  private static ReportEntry entry(Event event) {
    return event.getRequiredPayload(ReportEntry.class);
  }
}
