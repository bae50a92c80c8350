package dev.vsocklab.ci.conformance;

import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Where a case is known to fail, and the evidence that this is right or cannot be helped. A case
 * that passes there all the same fails: then this is to be taken away.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
@Repeatable(KnownDifference.All.class)
@interface KnownDifference {

  /** The backend's name. */
  String backend();

  /** The kernels' series; empty means all. */
  String[] kernels() default {};

  /** The directions; empty means both. */
  Way[] ways() default {};

  /** Why the backend does not follow. */
  String evidence();

  /** Several of them on one case. */
  @Retention(RetentionPolicy.RUNTIME)
  @Target(ElementType.METHOD)
  @interface All {
    /** Each of them. */
    KnownDifference[] value();
  }
}
