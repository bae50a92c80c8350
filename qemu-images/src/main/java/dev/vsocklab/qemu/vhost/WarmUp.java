package dev.vsocklab.qemu.vhost;

import dev.vsocklab.VsockAddress;
import dev.vsocklab.qemu.agent.AgentClient;
import dev.vsocklab.spi.ErrnoException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * What a host and its guest do once, before they are saved, so that no test waits for it: QEMU in
 * the host translates the guest's code for the usual calls, and keeps it; the agents make threads
 * for calls that wait, and keep those.
 */
final class WarmUp {
  /** At a time; more than most tests have. */
  private static final int CONNECTIONS = 32;

  private WarmUp() {}

  /**
   * Connects guest and host, both ways, many times at once.
   *
   * @throws IOException if a connection does not come about
   */
  static void run(AgentClient host, NestedGuest guest) throws IOException {
    connect(guest.agent(), VsockAddress.CID_HOST, host);
    connect(host, guest.cid(), guest.agent());
  }

  private static void connect(AgentClient client, long serverCid, AgentClient server)
      throws IOException {
    List<FutureTask<Void>> attempts = new ArrayList<>();
    for (int i = 0; i < CONNECTIONS; i++) {
      FutureTask<Void> attempt =
          new FutureTask<>(
              () -> {
                VsockCheck.connect(client, serverCid, server);
                return null;
              });
      attempts.add(attempt);
      Thread thread = new Thread(attempt, "vsocklab warm-up " + i);
      thread.setDaemon(true);
      thread.start();
    }
    for (FutureTask<Void> attempt : attempts) {
      await(attempt);
    }
  }

  private static void await(FutureTask<Void> attempt) throws IOException {
    try {
      attempt.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException why) {
        throw why;
      }
      throw new IOException(
          e.getCause() instanceof ErrnoException why
              ? "A guest and its host do not reach each other over vsock: " + why.errno()
              : "A guest and its host could not be tried: " + e.getCause(),
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted while a nested host warmed up.", e);
    }
  }
}
