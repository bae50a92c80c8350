package dev.vsocklab.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.apiguardian.api.API;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The host of the test's lab, CID 2: on a parameter of type {@link dev.vsocklab.Machine}, or of
 * type {@link dev.vsocklab.VsockProvider} for the host's vsock alone.
 */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.PARAMETER, ElementType.ANNOTATION_TYPE})
@SuppressWarnings("exports") // only Jupiter makes the extensions, reflectively
@ExtendWith(LabParameters.class)
public @interface Host {}
