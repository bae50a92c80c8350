package dev.vsocklab.ci.conformance;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * One thing that Linux does, on a method that takes {@link Ends}. The method fails if the kernel
 * does something else; it ends early with {@code Assumptions.abort(why)} where the case does not
 * apply.
 *
 * <p>Every case runs in both directions. What it says must hold for a real kernel at the client's
 * end as well as at the server's.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
@interface Case {

  /** The name in the matrix, for example {@code call-send-07}. */
  String id();

  /** What Linux does, in words. */
  String title();

  /** Where it does: a kernel function, the number in the kernel's own test, or the spec. */
  String source();

  /** The guests that the case needs besides the first. */
  Guests guests() default Guests.ONE;

  /** What vsocklab does not offer and why, if that keeps the case from having a body. */
  String notSimulated() default "";
}
