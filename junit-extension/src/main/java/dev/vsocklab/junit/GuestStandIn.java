package dev.vsocklab.junit;

import dev.vsocklab.Machine;
import java.io.PrintStream;
import org.apiguardian.api.API;

/**
 * Plays a guest's program on backends whose guests are simulated, see {@link Program#simulatedBy}:
 * the same test then runs on the simulator, in microseconds, and with the program itself on a real
 * guest.
 */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public interface GuestStandIn {

  /**
   * Does what the program does, in a thread of its own, which is the program's life: what is
   * awaited of the program is awaited of this. The thread is interrupted when the test is over, and
   * what the guest opened is closed then.
   *
   * @param guest where it runs: its sockets come from {@link Machine#vsock}
   * @param output what it prints; {@link Program#untilPrints} looks there, and a failure report has
   *     its end
   * @throws Exception if it fails, which the program would tell with an exit status: it fails the
   *     test, unless the test is over
   */
  void run(Machine guest, PrintStream output) throws Exception;
}
