package dev.vsocklab.junit;

import dev.vsocklab.Machine;
import dev.vsocklab.VsockProvider;
import java.util.HashMap;
import java.util.Map;
import org.junit.platform.commons.support.ReflectionSupport;
import org.mockito.Mockito;

/**
 * The {@link SpyVsock} spies of one lab, one for each machine. Mockito may be absent; then nothing
 * here may be called but {@link #possible}.
 */
final class Spies {

  /** What {@link SpyVsock} needs, for messages. */
  static final String NEEDS =
      "needs Mockito, which is not on the test class path. Add"
          + " org.mockito:mockito-core, version 5 or later, with scope test.";

  private final Map<Machine, VsockProvider> byMachine = new HashMap<>();

  /** Whether Mockito is there. */
  static boolean possible() {
    return ReflectionSupport.tryToLoadClass("org.mockito.Mockito").toOptional().isPresent();
  }

  /** The spy around the machine's vsock, the same each time. */
  VsockProvider of(Machine machine) {
    return byMachine.computeIfAbsent(machine, it -> Mockito.spy(it.vsock()));
  }
}
