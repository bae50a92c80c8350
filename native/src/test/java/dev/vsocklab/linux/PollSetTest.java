package dev.vsocklab.linux;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(OpenResources.class)
class PollSetTest {

  @Test
  void tellsWhichDescriptorIsReady() throws IOException {
    try (EventFd quiet = EventFd.create("the quiet one");
        EventFd loud = EventFd.create("the loud one")) {
      PollSet set = new PollSet(2);
      int quietSlot = set.add(quiet.fd());
      int loudSlot = set.add(loud.fd());
      assertFalse(set.await(0));
      loud.signal();
      assertTrue(set.await(PollSet.FOREVER));
      assertFalse(set.isReady(quietSlot));
      assertTrue(set.isReady(loudSlot));
    }
  }

  @Test
  void aTimeoutEndsTheWaitWithNothing() throws IOException {
    try (EventFd event = EventFd.create("never signalled")) {
      PollSet set = new PollSet(1);
      int slot = set.add(event.fd());
      assertFalse(set.await(20));
      assertFalse(set.isReady(slot));
    }
  }

  @Test
  void aSignalFromAnotherThreadEndsTheWait()
      throws IOException, InterruptedException, ExecutionException, TimeoutException {
    try (EventFd event = EventFd.create("the wake-up")) {
      CompletableFuture<Boolean> woken =
          CompletableFuture.supplyAsync(
              () -> {
                PollSet set = new PollSet(1);
                set.add(event.fd());
                try {
                  return set.await(PollSet.FOREVER);
                } catch (IOException e) {
                  throw new AssertionError(e);
                }
              });
      event.signal();
      assertTrue(woken.get(10, TimeUnit.SECONDS));
    }
  }

  @Test
  void endOfStreamIsReadyToo() throws IOException {
    UnixConnection[] pair = TestLibc.connectedPair();
    pair[1].close();
    PollSet set = new PollSet(1);
    int slot = set.add(pair[0].fd());
    assertTrue(
        Assertions.assertTimeoutPreemptively(
            Duration.ofSeconds(10), () -> set.await(PollSet.FOREVER)));
    assertTrue(set.isReady(slot));
    Assertions.assertEquals(-1, pair[0].receive(ByteBuffer.allocateDirect(1), new ArrayList<>()));
    pair[0].close();
  }

  @Test
  void closedAndStolenDescriptorsAreErrors() throws IOException {
    EventFd closed = EventFd.create("a closed one");
    closed.close();
    PollSet set = new PollSet(1);
    set.add(closed.fd());
    assertThrows(IOException.class, () -> set.await(0));

    Fd owner = TestLibc.memFile(1);
    Fd thief = Fd.adopt(owner.acquire(), "the same file");
    owner.release();
    thief.close();
    set.clear();
    set.add(owner);
    LinuxException e = assertThrows(LinuxException.class, () -> set.await(0));
    assertTrue(e.toString().contains("EBADF"), e.toString());
    assertThrows(IllegalStateException.class, owner::close);
  }

  @Test
  void aFullSetSaysSo() throws IOException {
    try (EventFd event = EventFd.create("one too many")) {
      PollSet set = new PollSet(1);
      set.add(event.fd());
      assertThrows(IllegalStateException.class, () -> set.add(event.fd()));
    }
  }
}
