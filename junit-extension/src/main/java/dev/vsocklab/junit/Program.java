package dev.vsocklab.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.apiguardian.api.API;

/**
 * A program that runs in a guest before its test begins, see {@link Guest#program}.
 *
 * <p>Its output is captured; a failure report has its end and how the program fares. It is killed
 * when the test is over.
 *
 * <p>Without one of the three conditions the test begins as soon as the program was started. A
 * program that ends before its condition holds fails the test, with its exit status and its last
 * output.
 */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({})
public @interface Program {

  /**
   * The program's absolute path in the guest, then its arguments. No shell reads them.
   *
   * @return at least the path
   */
  String[] value();

  /**
   * The test begins when this is found in what the program printed, on standard output or standard
   * error.
   *
   * @return a regular expression; the empty string asks for nothing
   */
  String untilPrints() default "";

  /**
   * The test begins when somebody in the guest listens on this vsock port. The guest's kernel is
   * asked; no connection is made, so the program notices nothing.
   *
   * @return 0 to 4294967294; -1 asks for nothing
   */
  long untilListensOn() default -1;

  /**
   * The test begins when the program has ended with this status. Another status fails the test.
   *
   * @return 0 to 255; -1 asks for nothing
   */
  int untilExitsWith() default -1;

  /**
   * How long that may take.
   *
   * @return seconds, at least 1
   */
  int withinSeconds() default 60;

  /**
   * Java code that plays this program where guests are simulated, and so run none. A test whose
   * program nobody plays is skipped there, with the reason; or fails, where the build requires that
   * backend.
   *
   * @return a class with a constructor without parameters; the interface itself means nobody
   */
  Class<? extends GuestStandIn> simulatedBy() default GuestStandIn.class;
}
