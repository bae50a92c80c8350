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
 * one parameter list a CID stands once. One mention is enough for what the guest should be; two of
 * them must not say different things.
 *
 * <p>A guest may have files and run programs of the test's:
 *
 * <pre>{@code
 * @Guest(
 *     value = 42,
 *     files = {"guest/agent.py", "/usr/bin/python3.11", "/usr/lib/python3.11"},
 *     program = @Program(
 *         value = {"/usr/bin/python3.11", "/guest/agent.py", "7000"},
 *         untilListensOn = 7000,
 *         simulatedBy = AgentInJava.class))
 * Machine guest
 * }</pre>
 *
 * <p>A simulated guest has neither file system nor programs: {@link #files} mean nothing there, and
 * a {@link #program} is played by {@link Program#simulatedBy}.
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

  /**
   * This guest's kernel series, where it is not the one that the class runs on. The backend must
   * have it; the simulator behaves like it.
   *
   * @return for example {@code 6.1}; the empty string for the class's
   */
  String kernel() default "";

  /**
   * The guest's memory. Files and what programs write live in it and may fill half of it.
   *
   * @return MiB; 0 for the backend's default, 256
   */
  int memoryMib() default 0;

  /**
   * Files and folders that appear in the guest before its test, and are gone after it. Each is
   * {@code SOURCE} or {@code SOURCE:TARGET}.
   *
   * <p>A source that begins with a slash is a file or folder of this machine; such a program brings
   * its shared libraries along. Any other is looked for on the test's class path, then below the
   * working directory. Links are followed.
   *
   * <p>The target is an absolute path in the guest: the file's, or with a slash at its end the
   * folder into which the file goes. A folder's contents appear below it. Without a target, the
   * source's own path is it: {@code guest/agent.py} appears as {@code /guest/agent.py}.
   *
   * <p>Executable bits are kept; programs and scripts (what begins with {@code #!}) may be executed
   * in any case, because neither a jar nor every build tool keeps those bits.
   *
   * @return the files, in this order
   */
  String[] files() default {};

  /**
   * Programs that run in the guest before the test begins, one after the other: the second is
   * started when the first has come as far as it should. What a test starts later, it starts itself
   * with the machine's view {@code GuestPrograms}; {@code GuestProgram} is the view of the first of
   * these.
   *
   * @return the programs, in this order
   */
  Program[] program() default {};
}
