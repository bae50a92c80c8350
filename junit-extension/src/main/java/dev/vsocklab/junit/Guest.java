package dev.vsocklab.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.apiguardian.api.API;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A guest of the test's lab: on a parameter of type {@link dev.vsocklab.Machine}, or of type {@link
 * dev.vsocklab.VsockProvider} for the guest's vsock alone.
 *
 * <p>Constructor, {@code @BeforeEach} and test may each name the same CID: it is the same guest. In
 * one parameter list a CID stands once.
 */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.PARAMETER, ElementType.ANNOTATION_TYPE})
@SuppressWarnings("exports") // only Jupiter makes the extensions, reflectively
@ExtendWith(LabParameters.class)
public @interface Guest {

  /**
   * The guest's CID.
   *
   * @return 3 to 4294967294
   */
  long value();

  /**
   * Whether the guest is booted for this test alone. Otherwise a real guest may have served tests
   * before; their sockets are gone either way. Where several parameters of a test name one guest,
   * one of them is enough to ask for this.
   *
   * @return whether it must be fresh
   */
  boolean fresh() default false;
}
