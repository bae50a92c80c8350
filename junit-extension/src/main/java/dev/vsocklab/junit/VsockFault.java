package dev.vsocklab.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.apiguardian.api.API;

/**
 * Lets something go wrong in every lab of a test method, or of a class and what is nested in it,
 * from its beginning to its end. For the common faults; {@code lab.inject} has them all, at any
 * moment.
 *
 * <pre>{@code
 * @Test
 * @VsockFault(kind = VsockFault.Kind.DELAY, millis = 5, maxMillis = 20)
 * @VsockFault(kind = VsockFault.Kind.SHORT_READS, bytes = 3, from = 2)
 * void framingDoesNotMindPieces(@Host Machine host, @Guest(42) Machine guest) { ... }
 * }</pre>
 *
 * <p>A class's faults are injected before a method's. A lab that cannot have one fails its test.
 */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
@Documented
@Inherited
@Repeatable(VsockFault.All.class)
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD, ElementType.ANNOTATION_TYPE})
public @interface VsockFault {

  /** Any machine, any port. */
  long ANY = -1;

  /**
   * What goes wrong.
   *
   * @return the kind, which says what numbers it takes
   */
  Kind kind();

  /**
   * A time in milliseconds, for kinds that take one.
   *
   * @return 0 or more
   */
  long millis() default 0;

  /**
   * The longest time in milliseconds, for {@link Kind#DELAY}.
   *
   * @return 0 or more; less than {@link #millis} means just that
   */
  long maxMillis() default 0;

  /**
   * A number of bytes, for kinds that take one.
   *
   * @return 0 or more
   */
  long bytes() default 0;

  /**
   * Only what this machine sends, tells or calls.
   *
   * @return its CID, or {@link #ANY}
   */
  long from() default ANY;

  /**
   * Only what is sent to this machine.
   *
   * @return its CID, or {@link #ANY}
   */
  long to() default ANY;

  /**
   * Only connections that have this port at either end.
   *
   * @return the port, or {@link #ANY}
   */
  long port() default ANY;

  /**
   * How many occasions go by first.
   *
   * @return 0 or more
   */
  int after() default 0;

  /**
   * How often it strikes at most.
   *
   * @return 1 or more
   */
  int times() default Integer.MAX_VALUE;

  /**
   * With what chance it strikes, drawn by the lab.
   *
   * @return percent, 1 to 100
   */
  int percent() default 100;

  /** What can be injected by annotation. */
  enum Kind {
    /** {@link dev.vsocklab.fault.Faults#delay}, of {@code millis} to {@code maxMillis}. */
    DELAY,
    /** {@link dev.vsocklab.fault.Faults#bandwidth}, of {@code bytes} a second. */
    BANDWIDTH,
    /** {@link dev.vsocklab.fault.Faults#resetAtByte}, after {@code bytes}. */
    RESET_AT_BYTE,
    /** {@link dev.vsocklab.fault.Faults#refused}. */
    REFUSED,
    /** {@link dev.vsocklab.fault.Faults#backlogFull}. */
    BACKLOG_FULL,
    /** {@link dev.vsocklab.fault.Faults#creditWithheld}. */
    CREDIT_WITHHELD,
    /** {@link dev.vsocklab.fault.Faults#creditDripped}, {@code bytes} every {@code millis}. */
    CREDIT_DRIPPED,
    /** {@link dev.vsocklab.fault.Faults#bufferShrunk}, to {@code bytes}. */
    BUFFER_SHRUNK,
    /** {@link dev.vsocklab.fault.Faults#countersNearWrap}, {@code bytes} before it. */
    COUNTERS_NEAR_WRAP,
    /** {@link dev.vsocklab.fault.Faults#shortReads}, of {@code bytes} at most. */
    SHORT_READS,
    /** {@link dev.vsocklab.fault.Faults#shortWrites}, of {@code bytes} at most. */
    SHORT_WRITES
  }

  /** Several of them. */
  @API(status = API.Status.EXPERIMENTAL, since = "0.1")
  @Documented
  @Inherited
  @Retention(RetentionPolicy.RUNTIME)
  @Target({ElementType.TYPE, ElementType.METHOD, ElementType.ANNOTATION_TYPE})
  @interface All {

    /**
     * The faults.
     *
     * @return in the order in which they are injected
     */
    VsockFault[] value();
  }
}
