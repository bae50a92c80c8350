package dev.vsocklab.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.vsocklab.Machine;
import dev.vsocklab.VsockProvider;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Every wrong use of a parameter is one message with what, why and the mend. */
class ParameterErrorsTest {

  @VsockTest(backends = "fake")
  static class OneCidTwice {
    @Test
    void test(@Guest(42) Machine one, @Guest(42) VsockProvider other) {}
  }

  @VsockTest(backends = "fake")
  static class HostsCid {
    @Test
    void test(@Guest(2) Machine guest) {}
  }

  @VsockTest(backends = "fake", guests = 4294967295L)
  static class AnyCid {
    @Test
    void test(@Host Machine host) {}
  }

  static class NoAnnotation {
    @Test
    void test(@Guest(42) Machine guest) {}
  }

  @VsockTest(backends = "fake")
  static class WrongType {
    @Test
    void test(@Guest(42) String guest) {}
  }

  @VsockTest(backends = "fake")
  static class HostAndGuest {
    @Test
    void test(@Host @Guest(42) Machine machine) {}
  }

  @VsockTest(backends = "fake")
  static class InBeforeAll {
    @BeforeAll
    static void setUp(@Host Machine host) {}

    @Test
    void test() {}
  }

  @VsockTest(backends = "fake")
  @TestInstance(TestInstance.Lifecycle.PER_CLASS)
  static class ConstructorPerClass {
    ConstructorPerClass(@Host Machine host) {}

    @Test
    void test() {}
  }

  @VsockTest(backends = "fake")
  static class NeverComesUp {
    @Test
    void test(@Guest(66) Machine guest) {}
  }

  @VsockTest(backends = "fake")
  @ParameterizedClass
  @ValueSource(ints = 1)
  static class TwoTemplates {
    @Test
    void test(@Host Machine host) {}
  }

  @Test
  void oneCidTwiceInOneParameterList() {
    assertMessage(
        OneCidTwice.class,
        "Two parameters of OneCidTwice.test ask for CID 42, but each guest has its own. Change"
            + " one, or take the Machine once and ask it for vsock().");
  }

  @Test
  void cidOfTheHost() {
    assertMessage(
        HostsCid.class,
        "HostsCid.test: CID 2 is not a guest's: 0, 1, 2 and 4294967295 are reserved. Choose 3 to"
            + " 4294967294, for example @Guest(42).");
  }

  @Test
  void cidOutOfRangeInTheClassesAnnotation() {
    assertMessage(
        AnyCid.class,
        "@VsockTest(guests = …) of AnyCid: CID 4294967295 is not a guest's: 0, 1, 2 and"
            + " 4294967295 are reserved. Choose 3 to 4294967294, for example @Guest(42).");
  }

  @Test
  void guestInAClassWithoutVsockTest() {
    assertMessage(
        NoAnnotation.class,
        "@Guest(42) in NoAnnotation.test has no lab to take from, because nothing chose a backend"
            + " for NoAnnotation. Annotate that class with @VsockTest.");
  }

  @Test
  void guestOnAParameterOfAnotherType() {
    assertMessage(
        WrongType.class,
        "@Guest(42) in WrongType.test is on a parameter of type String, but it gives a Machine or"
            + " a VsockProvider. Change the type to one of these.");
  }

  @Test
  void hostAndGuestOnOneParameter() {
    assertMessage(
        HostAndGuest.class,
        "A parameter of HostAndGuest.test asks for @Host and for @Guest(42), but it can be one"
            + " machine only. Remove one of them.");
  }

  @Test
  void machineOutsideAnyTest() {
    assertMessage(
        InBeforeAll.class,
        "@Host in InBeforeAll.setUp has no lab to take from, because a lab lives for one test"
            + " and this runs outside any. Take it in @BeforeEach or in the test.");
  }

  @Test
  void constructorOfAnInstanceForAllTests() {
    assertMessage(
        ConstructorPerClass.class,
        "@Host in ConstructorPerClass's constructor has no lab to take from, because a lab lives"
            + " for one test and this runs outside any. Take it in @BeforeEach or in the test.");
  }

  @Test
  void backendThatCannotOpenTheLab() {
    assertMessage(
        NeverComesUp.class,
        "No lab for NeverComesUp.test on fake, Linux 2.0.7: vm(66) did not come up within 5 s. Its"
            + " console ends: panic.");
  }

  @Test
  void classThatIsATemplateOfAnotherKindToo() {
    assertEquals(
        List.of(
            "@Host in TwoTemplates.test has no lab to take from, because nothing chose a backend"
                + " for TwoTemplates. Annotate that class with @VsockTest."),
        SampleRun.of(TwoTemplates.class).run().failures().stream()
            .map(Throwable::getMessage)
            .toList());
  }

  private static void assertMessage(Class<?> sample, String message) {
    assertEquals(message, SampleRun.of(sample).run().failure().getMessage());
  }
}
