package dev.vsocklab.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.apiguardian.api.API;
import org.junit.jupiter.api.ClassTemplate;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Runs a test class once on each chosen backend and kernel, with a lab for every test.
 *
 * <p>The tests stay what they are: {@code @Test}, {@code @ParameterizedTest}, {@code @RepeatedTest}
 * and {@code @Nested} classes work as without this annotation, one after the other or in parallel.
 * A test's constructor, {@code @BeforeEach}, {@code @AfterEach} and the test itself may take
 * parameters of its lab:
 *
 * <ul>
 *   <li>{@link Host @Host} and {@link Guest @Guest(42)} on a {@link dev.vsocklab.Machine} or a
 *       {@link dev.vsocklab.VsockProvider};
 *   <li>the {@link dev.vsocklab.Lab} itself.
 * </ul>
 *
 * <p>All of them see one lab. It is opened when the first such parameter is needed, holds every
 * guest that the test names anywhere, and is closed after the last {@code @AfterEach}; a lab that
 * does not close cleanly fails its test. The next test, repetition or set of arguments has another
 * lab. A test without such a parameter opens none.
 *
 * <h2>Backends</h2>
 *
 * <p>The first of these that is there, says which backends run:
 *
 * <ol>
 *   <li>the system property {@code vsocklab.backends}: who starts the build knows the machine;
 *   <li>the JUnit configuration parameter {@code vsocklab.backends}: the project's habit;
 *   <li>{@link #backends}: what the class was written with;
 *   <li>{@code sim}.
 * </ol>
 *
 * <p>Each is a list such as {@code sim,vhost-user:6.1,vhost-user:6.12}. {@code vhost-user} alone is
 * that backend with its default kernel, {@code vhost-user:6.1} with that one, {@code vhost-user:*}
 * with each. {@code sim} has kernels too: as which one it behaves. Every test's display name ends
 * in backend and kernel: {@code echo() [vhost-user, Linux 6.1.192]}.
 *
 * <p>Where a backend cannot run, its tests are skipped with the reason. {@code vsocklab.require},
 * the same kind of list in the same two places, names those that must run: then they fail.
 *
 * <h2>Limits</h2>
 *
 * <p>{@code @BeforeAll}, {@code @AfterAll} and, under {@code Lifecycle.PER_CLASS}, the constructor
 * run outside any test, so they have no lab. {@code @BeforeAll} runs once for all backends. The
 * dynamic tests of one {@code @TestFactory} share its lab.
 *
 * <p>A class is {@code @VsockTest} or another class template such as {@code @ParameterizedClass},
 * not both; but a nested class may be the other.
 */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
@Documented
@Inherited
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.ANNOTATION_TYPE})
@ClassTemplate
@SuppressWarnings("exports") // only Jupiter makes the extensions, reflectively
@ExtendWith({BackendTurns.class, LabParameters.class, LabWatch.class})
public @interface VsockTest {

  /**
   * The backends that this class runs on, unless the build says otherwise.
   *
   * @return each {@code name}, {@code name:kernel} or {@code name:*}; empty means {@code sim}
   */
  String[] backends() default {};

  /**
   * The kernel series that this class is about, such as {@code 6.1}: for every backend that has it
   * and is named without a kernel. {@code vhost-user:6.12} in {@code vsocklab.backends}, or in
   * {@link #backends}, names its own and wins; a backend that does not have the series runs with
   * its default. If no chosen backend has it, the class fails.
   *
   * <p>It is the outermost class's to choose, for all that is nested in it.
   *
   * @return the series; empty means each backend's default
   */
  String kernel() default "";

  /**
   * Whether guests reach each other, as with vhost-device-vsock. With the kernel's own vhost, and
   * so without this, what one guest sends to another is dropped.
   *
   * @return whether the labs of this class, and of classes nested in it, are so
   */
  boolean siblings() default false;

  /**
   * Guests that every lab of this class has, besides those that a test names with {@link Guest}.
   * For tests that take the {@link dev.vsocklab.Lab} and walk over its guests.
   *
   * @return CIDs, 3 to 4294967294
   */
  long[] guests() default {};
}
