package dev.vsocklab.sim.surface;

import static dev.vsocklab.sim.surface.Ends.failure;
import static dev.vsocklab.sim.surface.Ends.receive;
import static dev.vsocklab.sim.surface.Ends.send;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.Errno;
import dev.vsocklab.GuestDevice;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockSocketOptions;
import dev.vsocklab.sim.kernel.KernelHabit;
import dev.vsocklab.sim.kernel.KernelProfile;
import dev.vsocklab.spi.KernelSocket;
import dev.vsocklab.spi.KernelSocket.Waiting;
import dev.vsocklab.spi.SocketLayer;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each difference between kernels, as a program sees it. */
class KernelHabitsTest {

  @ParameterizedTest
  @EnumSource
  void aHalfReadPacketCountsAsUnreadOn61(KernelProfile kernel) throws Exception {
    try (Ends ends = Ends.stream(kernel.series())) {
      send(ends.client, 100);
      receive(ends.server, 60);
      ends.server.setOption(VsockSocketOptions.RECEIVE_LOW_WATER, 50);

      boolean readable = ends.server.poll(KernelSocket.POLLIN, 0) != 0;
      assertEquals(kernel.has(KernelHabit.UNREAD_COUNTS_WHOLE_PACKETS), readable);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aTinyBufferRefusesEveryPacketWhereTheQueueIsBounded(KernelProfile kernel) throws Exception {
    try (Ends ends = Ends.stream(kernel.series())) {
      ends.server.setOption(VsockSocketOptions.BUFFER_SIZE, 500L);
      assertEquals(1, send(ends.client, 1));

      if (kernel.has(KernelHabit.QUEUE_IS_BOUNDED_BY_PACKETS)) {
        // the error is found only after the state: done, with nothing unread, reads as the end
        assertEquals(KernelSocket.EOF, receive(ends.server, 1));
        assertEquals(Errno.ENOBUFS, ends.server.takeError());
      } else {
        assertEquals(1, receive(ends.server, 1));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void manyPacketsAreCollapsedBeforeOneIsRefused(KernelProfile kernel) throws Exception {
    try (Ends ends = Ends.stream(kernel.series())) {
      int packets = 1000; // of 200 bytes, which are not merged: 455 would fit uncollapsed
      for (int i = 0; i < packets; i++) {
        assertEquals(200, send(ends.client, 200));
      }
      assertEquals(200 * packets, receive(ends.server, 1 << 20));
    }
  }

  @ParameterizedTest
  @EnumSource
  void aMessageThatIsTooLongIsOutOfMemoryOn61(KernelProfile kernel) throws Exception {
    try (Ends ends = Ends.seqpacket(kernel.series())) {
      boolean keeps = kernel.has(KernelHabit.TRANSPORT_ERRORS_KEEP_THEIR_ERRNO);
      failure(keeps ? Errno.EMSGSIZE : Errno.ENOMEM, () -> send(ends.client, 1 << 20));
    }
  }

  @ParameterizedTest
  @EnumSource
  void peekingAtAMessageIsOutOfMemoryOn61(KernelProfile kernel) throws Exception {
    try (Ends ends = Ends.seqpacket(kernel.series())) {
      send(ends.client, 7);
      if (kernel.has(KernelHabit.SEQPACKET_CAN_PEEK)) {
        assertEquals(7, receive(ends.server, 9, KernelSocket.MSG_PEEK).lengthBytes());
      } else {
        failure(Errno.ENOMEM, () -> receive(ends.server, 9, KernelSocket.MSG_PEEK));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aWriteTakesThePendingErrorInsteadOfEpipe(KernelProfile kernel) throws Exception {
    try (Ends ends = Ends.stream(kernel.series())) {
      ends.lab.guest(Ends.GUEST).as(GuestDevice.class).orElseThrow().unplug();

      boolean givesWay = kernel.has(KernelHabit.EPIPE_GIVES_WAY_TO_PENDING_ERROR);
      failure(givesWay ? Errno.ECONNRESET : Errno.EPIPE, () -> send(ends.server, 1));
      failure(Errno.EPIPE, () -> send(ends.server, 1));
      if (givesWay) {
        assertEquals(KernelSocket.EOF, receive(ends.server, 1));
      } else {
        failure(Errno.ECONNRESET, () -> receive(ends.server, 1));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aRetriedConnectFailsWithTheOldErrorOn61(KernelProfile kernel) throws Exception {
    try (Ends ends = Ends.stream(kernel.series())) {
      KernelSocket client = ends.lab.guest(Ends.GUEST).as(SocketLayer.class).orElseThrow().stream();
      client.setOption(VsockSocketOptions.CONNECT_TIMEOUT, Duration.ofMillis(4));
      client.connect(VsockAddress.of(77, 1), KernelSocket.NO_WAIT);
      client.poll(KernelSocket.POLLOUT, KernelSocket.FOREVER); // ETIMEDOUT is pending now

      if (kernel.has(KernelHabit.CONNECT_CLEARS_ERROR)) {
        assertTrue(client.connect(VsockAddress.host(7000), KernelSocket.FOREVER));
      } else {
        failure(
            Errno.ETIMEDOUT, () -> client.connect(VsockAddress.host(7000), KernelSocket.FOREVER));
        // its REQUEST went out all the same: what it left at the listener has the address
        KernelSocket leftover = ends.listener.accept(KernelSocket.NO_WAIT);
        assertNotNull(leftover);
        leftover.close();
        assertTrue(client.connect(VsockAddress.host(7000), KernelSocket.FOREVER));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aLowWaterMarkAboveWhatIsThereMayTellCredit(KernelProfile kernel) throws Exception {
    try (Ends ends = Ends.stream(kernel.series())) {
      send(ends.client, 131_072);
      Ends.fill(ends.client);
      receive(ends.server, 131_072); // two packets consumed, and 128 KiB of credit not told

      assertEquals(KernelSocket.WOULD_BLOCK, send(ends.client, 1));
      ends.server.setOption(VsockSocketOptions.RECEIVE_LOW_WATER, 131_073);
      boolean told = send(ends.client, 1) == 1;
      assertEquals(kernel.has(KernelHabit.LOW_WATER_TELLS_CREDIT), told);
    }
  }

  @ParameterizedTest
  @EnumSource
  void theIoctlsAreThereOrNot(KernelProfile kernel) throws Exception {
    try (Ends ends = Ends.stream(kernel.series())) {
      send(ends.client, 10);
      Errno unknown =
          kernel.has(KernelHabit.UNKNOWN_IOCTL_IS_ENOTTY) ? Errno.ENOTTY : Errno.EOPNOTSUPP;
      if (kernel.has(KernelHabit.HAS_SIOCINQ)) {
        assertEquals(10, ends.server.queuedBytes(Waiting.UNREAD));
        failure(Errno.EOPNOTSUPP, () -> ends.listener.queuedBytes(Waiting.UNREAD));
      } else {
        failure(unknown, () -> ends.server.queuedBytes(Waiting.UNREAD));
      }
      if (kernel.has(KernelHabit.HAS_SIOCOUTQ)) {
        assertEquals(0, ends.client.queuedBytes(Waiting.UNSENT));
      } else {
        failure(unknown, () -> ends.client.queuedBytes(Waiting.UNSENT));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void smallPacketsAreMergedAsFarAsTheMemoryOfTheFirstReaches(KernelProfile kernel)
      throws Exception {
    try (Ends ends = Ends.stream(kernel.series())) {
      for (int i = 0; i < 3; i++) {
        send(ends.client, 100); // at a host: 148 bytes of room on 6.1, 276 with a cache
      }
      ends.server.setOption(VsockSocketOptions.BUFFER_SIZE, 300L);
      receive(ends.server, 100);
      // what was consumed shows as credit: on 6.1 nothing is merged with a packet of 100
      boolean firstIsConsumed = !kernel.has(KernelHabit.SMALL_PACKETS_HAVE_A_CACHE);
      assertEquals(firstIsConsumed ? 100 : KernelSocket.WOULD_BLOCK, send(ends.client, 100));
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyProfileSaysWhetherARunningKernelJudgedIt(KernelProfile kernel) {
    assertEquals(kernel, KernelProfile.of(kernel.series()));
    assertEquals(
        !kernel.isVerified(), kernel.toString().contains("not verified against a running kernel"));
  }
}
