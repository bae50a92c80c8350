package dev.vsocklab.qemu.vhostuser;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.linux.EventFd;
import dev.vsocklab.linux.Fd;
import dev.vsocklab.linux.UnixConnection;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A stream is cut by lengths, however its bytes arrive. */
@ExtendWith(OpenResources.class)
class MessageChannelTest {
  private UnixConnection qemu;
  private MessageChannel channel;

  @BeforeEach
  void connect() {
    UnixConnection[] pair = TestLibc.connectedPair();
    channel = new MessageChannel(pair[0]);
    qemu = pair[1];
  }

  @AfterEach
  void close() {
    qemu.close();
    channel.close();
  }

  private static ByteBuffer setFeatures(long features) {
    return ByteBuffer.allocateDirect(20)
        .order(ByteOrder.nativeOrder())
        .putInt(Request.SET_FEATURES.id())
        .putInt(9)
        .putInt(8)
        .putLong(features)
        .flip();
  }

  @Test
  void aMessageInSinglesBytesIsOneMessage() throws Exception {
    ByteBuffer bytes = setFeatures(0x123456789L);
    for (int i = 0; i < 20; i++) {
      assertNull(channel.next());
      qemu.send(bytes.limit(i + 1), List.of());
    }
    @Nullable Message message = channel.next();
    assertNotNull(message);
    assertEquals(Request.SET_FEATURES, message.request());
    assertTrue(message.wantsAck());
    assertEquals(0x123456789L, message.payload().getLong(0));
    assertNull(channel.next());
  }

  @Test
  void messagesInOnePieceAreSeveral() throws Exception {
    ByteBuffer both = ByteBuffer.allocateDirect(40);
    both.put(setFeatures(1)).put(setFeatures(2)).flip();
    qemu.send(both, List.of());
    @Nullable Message first = channel.next();
    assertNotNull(first);
    assertEquals(1, first.payload().getLong(0));
    @Nullable Message second = channel.next();
    assertNotNull(second);
    assertEquals(2, second.payload().getLong(0));
  }

  @Test
  void anEndInTheMiddleOfAMessageIsAnEndAndItsDescriptorsAreClosed() throws Exception {
    try (EventFd event = EventFd.create("lost with its message")) {
      ByteBuffer half =
          ByteBuffer.allocateDirect(13)
              .order(ByteOrder.nativeOrder())
              .putInt(Request.SET_VRING_CALL.id())
              .putInt(1)
              .putInt(8)
              .put((byte) 0)
              .flip();
      int before = Fd.openCount();
      qemu.send(half, List.of(event.fd()));
      qemu.close();
      while (!channel.ended()) {
        assertNull(channel.next());
      }
      assertEquals(before, Fd.openCount(), "one end is closed, the received one is open");
      channel.close();
      assertEquals(before - 2, Fd.openCount());
    }
  }

  @Test
  void repliesHaveTheFlagsAndSizesThatQemuInsistsOn() throws Exception {
    assertFalse(channel.ended());
    channel.replyState(Request.GET_VRING_BASE, 1, 65535);
    ByteBuffer reply = ByteBuffer.allocateDirect(100).order(ByteOrder.nativeOrder());
    qemu.receive(reply, new ArrayList<>());
    reply.flip();
    assertEquals(20, reply.limit());
    assertEquals(11, reply.getInt(0));
    assertEquals(5, reply.getInt(4));
    assertEquals(8, reply.getInt(8));
    assertEquals(1, reply.getInt(12));
    assertEquals(65535, reply.getInt(16));
  }
}
