package dev.vsocklab.junit;

import static dev.vsocklab.junit.SpiedSockets.opened;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mockito.Mockito.doAnswer;

import dev.vsocklab.Machine;
import dev.vsocklab.VsockProvider;
import java.nio.channels.SocketChannel;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.mockito.exceptions.misusing.UnnecessaryStubbingException;
import org.mockito.junit.jupiter.MockitoExtension;

/** Wrong uses of {@link SpyVsock} are one sentence, and strict stubs reach it. */
class SpyVsockErrorsTest {

  @VsockTest(backends = "fake")
  static class OnAMachine {
    @Test
    void test(@Guest(42) @SpyVsock Machine guest) {}
  }

  @VsockTest(backends = "fake")
  static class OfNoMachine {
    @Test
    void test(@SpyVsock VsockProvider vsock) {}
  }

  @VsockTest
  @ExtendWith(MockitoExtension.class)
  static class UnusedStub {
    @Test
    void test(@Guest(42) @SpyVsock VsockProvider vsock) throws Exception {
      doAnswer(opened((SocketChannel channel) -> {})).when(vsock).openSocketChannel();
    }
  }

  static class NoAnnotation {
    @Test
    void test(@Guest(42) @SpyVsock VsockProvider vsock) {}
  }

  @Test
  void aMachineIsNoProvider() {
    assertMessage(
        OnAMachine.class,
        "@SpyVsock in OnAMachine.test is on a parameter of type Machine, but it spies on one"
            + " machine's VsockProvider. Write for example @Guest(42) @SpyVsock VsockProvider"
            + " vsock.");
  }

  @Test
  void whichMachineMustBeSaid() {
    // Without @Host or @Guest or a class of ours nobody resolves the parameter but us.
    assertMessage(
        OfNoMachine.class,
        "@SpyVsock in OfNoMachine.test is on a parameter that names no machine, but it spies on"
            + " one machine's VsockProvider. Write for example @Guest(42) @SpyVsock VsockProvider"
            + " vsock.");
  }

  @Test
  void outsideAVsockTestThereIsNoLab() {
    assertMessage(
        NoAnnotation.class,
        "@Guest(42) in NoAnnotation.test has no lab to take from, because nothing chose a backend"
            + " for NoAnnotation. Annotate that class with @VsockTest.");
  }

  @VsockTest(backends = "fake")
  static class InAProperty {
    @Property(tries = 1)
    void property(@Guest(42) @SpyVsock VsockProvider vsock) {}
  }

  static class InASimulation {
    @VsockSimulation(seeds = 1)
    void simulation(@Guest(42) @SpyVsock VsockProvider vsock) {}
  }

  @Test
  void whereTheMachineIsAnotherWithEachRunThereIsNoSpy() {
    String mend =
        " is on a parameter that is another with each run, and Mockito would keep them all. Take"
            + " the VsockProvider without it and call Mockito.spy(vsock) in the test.";
    assertEquals(
        "@SpyVsock in InAProperty.property" + mend,
        SampleRun.ofProperties(InAProperty.class).run().failure().getMessage());
    assertMessage(InASimulation.class, "@SpyVsock in InASimulation.simulation" + mend);
  }

  @Test
  void strictStubsFindAStubThatNothingUsed() {
    Throwable failure = SampleRun.of(UnusedStub.class).run().failure();
    assertTrue(failure instanceof UnnecessaryStubbingException, failure::toString);
  }

  private static void assertMessage(Class<?> sample, String message) {
    assertEquals(message, SampleRun.of(sample).run().failure().getMessage());
  }
}
