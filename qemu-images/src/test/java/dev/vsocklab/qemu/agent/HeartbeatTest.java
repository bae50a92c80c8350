package dev.vsocklab.qemu.agent;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** When a silent guest is asked, and when it is given up. */
class HeartbeatTest {
  private static final long SECOND = 1_000_000_000L;
  private static final long START = beforeTheWrap();

  private final Heartbeat heartbeat = new Heartbeat(Duration.ofSeconds(10), Duration.ofSeconds(60));

  /** A clock that wraps in the middle of a test. */
  private static long beforeTheWrap() {
    return Long.MAX_VALUE - 5 * SECOND;
  }

  @Test
  void aGuestThatNeverSpokeMayBootAsLongAsItLikes() throws IOException {
    assertFalse(heartbeat.isPingDue(false, true, START));
    assertFalse(heartbeat.isPingDue(false, true, START + 1000 * SECOND));
  }

  @Test
  void aGuestIsNotAskedWhileNothingIsExpectedOfIt() throws IOException {
    heartbeat.isPingDue(true, false, START);
    assertFalse(heartbeat.isPingDue(false, false, START + 1000 * SECOND));
    assertFalse(heartbeat.isPingDue(false, true, START + 1009 * SECOND));
    assertTrue(heartbeat.isPingDue(false, true, START + 1010 * SECOND));
  }

  @Test
  void aSilentGuestIsAskedOnceAndThenGivenUp() throws IOException {
    heartbeat.isPingDue(true, true, START);
    assertFalse(heartbeat.isPingDue(false, true, START + 10 * SECOND - 1));
    assertTrue(heartbeat.isPingDue(false, true, START + 10 * SECOND));
    assertFalse(heartbeat.isPingDue(false, true, START + 70 * SECOND - 1));
    IOException dead =
        assertThrows(
            IOException.class, () -> heartbeat.isPingDue(false, true, START + 70 * SECOND));
    assertTrue(dead.toString().contains("for 70000 ms"), dead.toString());
  }

  @Test
  void aGuestThatAnswersLives() throws IOException {
    heartbeat.isPingDue(true, true, START);
    assertTrue(heartbeat.isPingDue(false, true, START + 10 * SECOND));
    assertFalse(heartbeat.isPingDue(true, true, START + 69 * SECOND));
    assertFalse(heartbeat.isPingDue(false, true, START + 71 * SECOND));
    assertTrue(heartbeat.isPingDue(false, true, START + 79 * SECOND));
  }

  @Test
  @Timeout(30)
  void aCallToAGuestThatHangsEndsWithItsConsole(@TempDir Path folder) throws IOException {
    Path socket = folder.resolve("agent.sock");
    try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      listener.bind(UnixDomainSocketAddress.of(socket));
      SocketChannel ours = SocketChannel.open(UnixDomainSocketAddress.of(socket));
      Heartbeat quick = new Heartbeat(Duration.ofMillis(20), Duration.ofMillis(20));
      try (SocketChannel guest = LocalAgent.accept(listener);
          AgentConnection connection = new AgentConnection(ours, "vm(9)", () -> "oops", quick)) {
        answerOneCall(guest, connection);

        IOException hung =
            assertThrows(
                IOException.class, () -> connection.call(new CallFrame(AgentOp.LOCAL_CID)));

        assertTrue(
            hung.toString().contains("vm(9) does not answer any more: nothing came from it"),
            hung.toString());
        assertTrue(hung.toString().endsWith("oops"), hung.toString());
      }
    }
  }

  private static void answerOneCall(SocketChannel guest, AgentConnection connection)
      throws IOException {
    Call call = new Call(AgentOp.HELLO);
    int id = connection.send(call, AgentConnection.hello(), null);
    ByteBuffer answer = ByteBuffer.allocate(14).order(ByteOrder.LITTLE_ENDIAN);
    answer.putInt(10).putInt(id).putShort((short) AgentOp.HELLO.answerNumber()).putInt(0).flip();
    guest.write(answer);
    assertTrue(call.await(Long.MAX_VALUE));
  }
}
