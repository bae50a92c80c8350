package dev.vsocklab.sim.credit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.sim.kernel.KernelProfile;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ReceiveBufferTest {
  private static final int SIZE = 262_144;

  @Test
  void fwdCntMovesByWholePacketsNotByBytesRead() {
    ReceiveBuffer buffer = new ReceiveBuffer(SIZE, ReceiveShape.WHOLE, KernelProfile.DEFAULT);
    add(buffer, 1000);
    add(buffer, 1000);

    read(buffer, 999);
    assertEquals(0, buffer.stampFwdCnt());
    read(buffer, 1);
    assertEquals(1000, buffer.stampFwdCnt());
    read(buffer, 1000);
    assertEquals(2000, buffer.stampFwdCnt());
  }

  @Test
  void aGuestReceivesALargePacketInPiecesOfItsReceiveBuffers() {
    ReceiveBuffer buffer = new ReceiveBuffer(SIZE, ReceiveShape.GUEST, KernelProfile.DEFAULT);
    add(buffer, 65_536);

    read(buffer, 3731);
    assertEquals(0, buffer.stampFwdCnt());
    read(buffer, 1);
    assertEquals(3732, buffer.stampFwdCnt());
    read(buffer, 65_536 - 3732);
    assertEquals(65_536, buffer.stampFwdCnt());
  }

  @Test
  void aGuestMergesSmallPacketsSoThatFwdCntMovesInLargerSteps() {
    ReceiveBuffer buffer = new ReceiveBuffer(SIZE, ReceiveShape.GUEST, KernelProfile.DEFAULT);
    add(buffer, 100);
    add(buffer, 128);

    read(buffer, 100);
    assertEquals(0, buffer.stampFwdCnt(), "both are one packet now");
    read(buffer, 128);
    assertEquals(228, buffer.stampFwdCnt());
  }

  @Test
  void aPacketOf129BytesIsNotMerged() {
    ReceiveBuffer buffer = new ReceiveBuffer(SIZE, ReceiveShape.GUEST, KernelProfile.DEFAULT);
    add(buffer, 100);
    add(buffer, 129);

    read(buffer, 100);
    assertEquals(100, buffer.stampFwdCnt());
  }

  @Test
  void exactlyTheBufferFitsAndOneByteMoreDoesNot() {
    ReceiveBuffer buffer = new ReceiveBuffer(1000, ReceiveShape.WHOLE, KernelProfile.DEFAULT);

    assertTrue(buffer.add(ByteBuffer.allocate(1000), 0, 1000, 0));
    assertFalse(buffer.add(ByteBuffer.allocate(1), 0, 1, 0));
    assertEquals(1000, buffer.unreadBytes());
  }

  @Test
  void aHalfReadPacketStillUsesItsWholeSpace() {
    ReceiveBuffer buffer = new ReceiveBuffer(1000, ReceiveShape.WHOLE, KernelProfile.DEFAULT);
    add(buffer, 1000);
    read(buffer, 999);

    assertFalse(buffer.add(ByteBuffer.allocate(1), 0, 1, 0));
    read(buffer, 1);
    assertTrue(buffer.add(ByteBuffer.allocate(1), 0, 1, 0));
  }

  @Test
  void creditIsToldWhenTheQueueFellBelowTheLowWaterMark() {
    ReceiveBuffer buffer = new ReceiveBuffer(SIZE, ReceiveShape.WHOLE, KernelProfile.DEFAULT);
    add(buffer, 1000);
    add(buffer, 1000);

    assertFalse(buffer.creditUpdateIsDue(1), "nothing was consumed");
    read(buffer, 1000);
    assertFalse(buffer.creditUpdateIsDue(1), "1000 bytes are still there");
    assertTrue(buffer.creditUpdateIsDue(1001));
    read(buffer, 1000);
    assertTrue(buffer.creditUpdateIsDue(1));
    buffer.stampFwdCnt();
    assertFalse(buffer.creditUpdateIsDue(1), "any packet tells it");
  }

  @Test
  void creditIsToldWhenLessThanAFullPacketIsLeftOfWhatThePeerKnows() {
    ReceiveBuffer buffer = new ReceiveBuffer(SIZE, ReceiveShape.WHOLE, KernelProfile.DEFAULT);
    for (int i = 0; i < 4; i++) {
      add(buffer, 65_536);
    }
    read(buffer, 3 * 65_536);
    assertFalse(buffer.creditUpdateIsDue(1), "exactly 64 KiB are left");

    ReceiveBuffer uneven = new ReceiveBuffer(SIZE, ReceiveShape.WHOLE, KernelProfile.DEFAULT);
    add(uneven, 3 * 65_536 - 65_535);
    add(uneven, 65_536);
    add(uneven, 100);
    read(uneven, 3 * 65_536 + 1);
    assertTrue(uneven.creditUpdateIsDue(1), "one byte less than 64 KiB is left");
  }

  @Test
  void anyMixOfAddsAndReadsGivesTheBytesBackInOrder() {
    Random random = new Random(7);
    ReceiveBuffer buffer = new ReceiveBuffer(SIZE, ReceiveShape.GUEST, KernelProfile.DEFAULT);
    ByteArrayOutputStream in = new ByteArrayOutputStream();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int i = 0; i < 2_000; i++) {
      if (random.nextBoolean()) {
        byte[] bytes = new byte[random.nextInt(1, random.nextBoolean() ? 200 : 65_537)];
        random.nextBytes(bytes);
        if (buffer.add(ByteBuffer.wrap(bytes), 0, bytes.length, 0)) {
          in.writeBytes(bytes);
        }
      } else {
        ByteBuffer dst = ByteBuffer.allocate(random.nextInt(1, 100_000));
        int count = buffer.read(dst);
        out.write(dst.array(), 0, count);
      }
    }
    ByteBuffer rest = ByteBuffer.allocate(SIZE);
    out.write(rest.array(), 0, buffer.read(rest));

    assertArrayEquals(in.toByteArray(), out.toByteArray());
    assertEquals(in.size(), buffer.stampFwdCnt());
    assertEquals(0, buffer.unreadBytes());
  }

  private static void add(ReceiveBuffer buffer, int lengthBytes) {
    assertTrue(buffer.add(ByteBuffer.allocate(lengthBytes), 0, lengthBytes, 0));
  }

  private static void read(ReceiveBuffer buffer, int lengthBytes) {
    assertEquals(lengthBytes, buffer.read(ByteBuffer.allocate(lengthBytes)));
  }
}
