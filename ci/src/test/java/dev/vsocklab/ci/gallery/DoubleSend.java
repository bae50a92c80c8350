package dev.vsocklab.ci.gallery;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.vsocklab.VsockProvider;
import dev.vsocklab.sim.Simulation;
import dev.vsocklab.sim.choice.ChoiceStream;
import java.io.IOException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.HashSet;
import java.util.Set;

/**
 * A retry that does twice what was asked for once. A guest deposits an amount, and tries again when
 * the connection is reset before the answer. If the reset came between deposit and answer, the host
 * has it already.
 */
final class DoubleSend {

  /** The host's side: what it does with a deposit. */
  abstract static class Ledger {
    long balance;

    abstract void deposit(long id, long amount);

    /** Serves one connection: one deposit. */
    void serve(SocketChannel guest) throws IOException {
      deposit(Wire.readLong(guest), Wire.readLong(guest));
      Wire.writeLong(guest, balance);
      Wire.readLong(guest); // ends when the guest closes
    }
  }

  static final class Broken extends Ledger {
    @Override
    void deposit(long id, long amount) {
      balance += amount;
    }
  }

  static final class Fixed extends Ledger {
    private final Set<Long> done = new HashSet<>();

    @Override
    void deposit(long id, long amount) {
      if (done.add(id)) {
        balance += amount;
      }
    }
  }

  private DoubleSend() {}

  /** The guest's side, in both versions: tries until it has an answer. */
  private static void deposit(VsockProvider vsock, long id, long amount) throws IOException {
    IOException last = new IOException("not tried");
    for (int attempt = 0; attempt < 5; attempt++) {
      try (SocketChannel host = Wire.connectToHost(vsock)) {
        Wire.writeLong(host, id);
        Wire.writeLong(host, amount);
        Wire.readLong(host);
        return;
      } catch (IOException e) {
        last = e;
      }
    }
    throw last;
  }

  /** Whichever answer is lost with its connection: what was deposited once is there once. */
  static void property(Simulation simulation, Ledger ledger) throws Exception {
    ChoiceStream amounts = simulation.choices().stream("amounts");
    ServerSocketChannel listener = Wire.listen(simulation.host().vsock());
    simulation.spawnDaemon("ledger", () -> Servers.serveAll(simulation, listener, ledger::serve));
    Chaos.loseAnAnswerOnce(simulation);
    long sum = 0;
    for (int id = amounts.draw(3); id >= 0; id--) {
      long amount = 1L + amounts.draw(100);
      deposit(simulation.guest(42).vsock(), id, amount);
      sum += amount;
    }
    assertEquals(sum, ledger.balance, "on the balance");
  }
}
