package dev.vsocklab.qemu.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.VsockAddress;
import dev.vsocklab.spi.KernelSocket;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a caller sees of a guest that is stopped, resumed or killed. */
@Tag("qemu")
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class GuestEndIT {
  private TestGuest guest;

  @BeforeEach
  void boot() throws IOException {
    guest = TestGuest.boot("6.12");
  }

  @AfterEach
  void end() throws IOException {
    guest.close();
  }

  @Test
  void aKilledGuestEndsWhatWaitsAndWhatComesLaterWithAReason() throws Exception {
    KernelSocket listener = listener();
    CompletableFuture<IOException> accept = failure(() -> listener.accept(KernelSocket.FOREVER));
    awaitCallUnderWay();

    guest.kill();

    IOException waiting = accept.get(60, TimeUnit.SECONDS);
    assertTrue(
        waiting.toString().contains("vm(6.12) does not answer any more"), waiting.toString());
    assertTrue(waiting.toString().contains("vsock-agent: ready"), waiting.toString());
    IOException later = assertThrows(IOException.class, () -> guest.client().stream());
    assertEquals(waiting.getMessage(), later.getMessage());
    listener.close();
  }

  @Test
  void aCallToAStoppedGuestGoesOnWhenItIsResumed() throws Exception {
    KernelSocket listener = listener();
    guest.pause();
    CompletableFuture<VsockAddress> address = new CompletableFuture<>();
    new Thread(
            () -> {
              try {
                address.complete(listener.localAddress());
              } catch (Exception e) {
                address.completeExceptionally(e);
              }
            })
        .start();
    awaitCallUnderWay();
    assertFalse(address.isDone());

    guest.resume();

    assertEquals(VsockAddress.any(7000), address.get(60, TimeUnit.SECONDS));
  }

  @Test
  void bytesOnTheirWayThroughAStopArrive() throws Exception {
    KernelSocket listener = listener();
    KernelSocket client = guest.client().stream();
    client.connect(VsockAddress.local(7000), KernelSocket.FOREVER);
    KernelSocket server = listener.accept(KernelSocket.FOREVER);
    assertNotNull(server);
    ByteBuffer sent = ByteBuffer.allocate(8 * 1024 * 1024);
    CompletableFuture<IOException> write = failure(() -> client.write(sent, KernelSocket.FOREVER));
    ByteBuffer got = ByteBuffer.allocate(sent.capacity());
    for (int round = 1; got.hasRemaining(); round++) {
      if (round % 20 == 0) {
        guest.pause();
        guest.resume();
      }
      assertTrue(server.read(got, KernelSocket.FOREVER) > 0);
    }

    assertEquals("none", String.valueOf(write.get(60, TimeUnit.SECONDS).getMessage()));
    assertFalse(sent.hasRemaining());
  }

  private KernelSocket listener() throws Exception {
    KernelSocket listener = guest.client().stream();
    listener.bind(VsockAddress.any(7000));
    listener.listen(1);
    return listener;
  }

  private void awaitCallUnderWay() {
    long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (guest.client().callsUnderWay() == 0) {
      assertTrue(System.nanoTime() < deadlineNanos, "the call did not get under way");
      Thread.onSpinWait();
    }
  }

  private interface GuestCall {
    @Nullable Object make() throws Exception;
  }

  /** The exception of a call in another thread; one that says "none" if there was none. */
  private static CompletableFuture<IOException> failure(GuestCall call) {
    CompletableFuture<IOException> failure = new CompletableFuture<>();
    new Thread(
            () -> {
              try {
                call.make();
                failure.complete(new IOException("none"));
              } catch (IOException e) {
                failure.complete(e);
              } catch (Exception e) {
                failure.completeExceptionally(e);
              }
            })
        .start();
    return failure;
  }
}
