package dev.vsocklab.sim.surface;

import static dev.vsocklab.sim.surface.Ends.failure;
import static dev.vsocklab.sim.surface.Ends.receive;
import static dev.vsocklab.sim.surface.Ends.send;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.vsocklab.Errno;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockSocketOptions;
import dev.vsocklab.spi.KernelSocket;
import dev.vsocklab.spi.KernelSocket.Received;
import dev.vsocklab.spi.SocketLayer;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SeqpacketTest {
  private Ends ends;

  @BeforeEach
  void connect() throws Exception {
    ends = Ends.seqpacket("6.12");
  }

  @AfterEach
  void close() throws Exception {
    ends.close();
  }

  @Test
  void oneReceiveGivesOneMessageHoweverSmallTheyAre() throws Exception {
    send(ends.client, 3);
    send(ends.client, 5);

    assertEquals(3, receive(ends.server, 100));
    assertEquals(5, receive(ends.server, 100));
    assertEquals(KernelSocket.WOULD_BLOCK, receive(ends.server, 100));
  }

  @Test
  void theEndOfARecordIsToldWithTheMessageThatEndsIt() throws Exception {
    send(ends.client, 3);
    ends.client.send(ByteBuffer.allocate(4), KernelSocket.MSG_EOR, KernelSocket.NO_WAIT);

    assertEquals(new Received(3, 0), receive(ends.server, 100, 0));
    assertEquals(new Received(4, KernelSocket.MSG_EOR), receive(ends.server, 100, 0));
  }

  @Test
  void whatDoesNotFitIsThrownAwayAndTold() throws Exception {
    send(ends.client, 32);
    send(ends.client, 32);
    send(ends.client, 1);

    assertEquals(new Received(16, KernelSocket.MSG_TRUNC), receive(ends.server, 16, 0));
    assertEquals(
        new Received(32, KernelSocket.MSG_TRUNC), receive(ends.server, 16, KernelSocket.MSG_TRUNC));
    assertEquals(new Received(1, 0), receive(ends.server, 16, 0));
  }

  @Test
  void peekingLeavesTheMessage() throws Exception {
    send(ends.client, 64);

    assertEquals(
        new Received(64, KernelSocket.MSG_TRUNC),
        receive(ends.server, 32, KernelSocket.MSG_PEEK | KernelSocket.MSG_TRUNC));
    assertEquals(64, receive(ends.server, 64, KernelSocket.MSG_PEEK).lengthBytes());
    assertEquals(64, receive(ends.server, 64));
  }

  @Test
  void aMessageLongerThanBothBuffersIsRefused() throws Exception {
    failure(Errno.EMSGSIZE, () -> send(ends.client, 262_145));
    assertEquals(262_144, send(ends.client, 262_144));
    assertEquals(262_144, receive(ends.server, 1 << 20));
  }

  @Test
  void aMessageBeyondTheCreditGoesOutInPiecesAndArrivesWhole() throws Exception {
    send(ends.client, 200_000);
    CompletableFuture<Integer> second =
        CompletableFuture.supplyAsync(() -> blockingSend(ends.client, 200_000));

    assertEquals(200_000, receive(ends.server, 1 << 20));
    ByteBuffer room = ByteBuffer.allocate(1 << 20);
    assertEquals(200_000, ends.server.receive(room, 0, KernelSocket.FOREVER).lengthBytes());
    assertEquals(200_000, second.get());
  }

  private static int blockingSend(KernelSocket socket, int lengthBytes) {
    try {
      return socket.send(ByteBuffer.allocate(lengthBytes), 0, KernelSocket.FOREVER);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void whatAFailedSendLeftIsGluedToTheNextMessage() throws Exception {
    send(ends.client, 200_000);
    assertEquals(KernelSocket.WOULD_BLOCK, send(ends.client, 200_000), "62144 bytes of it went");
    assertEquals(200_000, receive(ends.server, 1 << 20));
    assertEquals(10, send(ends.client, 10));

    assertEquals(62_154, receive(ends.server, 1 << 20));
  }

  @Test
  void everyMessageThatIsReadIsToldAsCredit() throws Exception {
    for (int i = 0; i < 3; i++) {
      assertEquals(131_072, send(ends.client, 131_072));
      assertEquals(131_072, receive(ends.server, 131_072));
    }
  }

  @Test
  void pollCountsBytesEvenIfTheMessageIsNotComplete() throws Exception {
    send(ends.client, 200_000);
    send(ends.client, 200_000); // in part
    receive(ends.server, 1 << 20);

    assertEquals(KernelSocket.POLLIN, ends.server.poll(KernelSocket.POLLIN, 0));
    assertEquals(KernelSocket.WOULD_BLOCK, receive(ends.server, 100));
  }

  @Test
  void aListenerOfTheOtherTypeResets() throws Exception {
    SocketLayer guest = ends.lab.guest(Ends.GUEST).as(SocketLayer.class).orElseThrow();
    failure(
        Errno.ECONNRESET,
        () -> guest.stream().connect(VsockAddress.host(7000), KernelSocket.FOREVER));
  }

  @Test
  void theHostKnowsNoSeqpacketAtACidThatIsNotThere() throws Exception {
    SocketLayer host = ends.lab.host().as(SocketLayer.class).orElseThrow();
    failure(
        Errno.ESOCKTNOSUPPORT,
        () -> host.seqpacket().connect(VsockAddress.of(77, 1), KernelSocket.FOREVER));
  }

  @Test
  void theLowWaterMarkIsNotCheckedAgainstTheBuffer() throws Exception {
    ends.server.setOption(VsockSocketOptions.RECEIVE_LOW_WATER, 1 << 30);
    assertEquals(1 << 30, ends.server.getOption(VsockSocketOptions.RECEIVE_LOW_WATER));
  }
}
