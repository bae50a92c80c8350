package dev.vsocklab.junit;

import static dev.vsocklab.junit.SpiedSockets.opened;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mockito.Mockito.doAnswer;

import dev.vsocklab.Machine;
import dev.vsocklab.VsockProvider;
import java.nio.channels.SocketChannel;
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

  @Test
  void strictStubsFindAStubThatNothingUsed() {
    Throwable failure = SampleRun.of(UnusedStub.class).run().failure();
    assertTrue(failure instanceof UnnecessaryStubbingException, failure::toString);
  }

  private static void assertMessage(Class<?> sample, String message) {
    assertEquals(message, SampleRun.of(sample).run().failure().getMessage());
  }
}
