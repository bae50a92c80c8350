package dev.vsocklab.spi.nio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.Errno;
import dev.vsocklab.SeqpacketChannel;
import dev.vsocklab.SeqpacketServerChannel;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockCapability;
import dev.vsocklab.VsockChannel;
import dev.vsocklab.VsockProvider;
import dev.vsocklab.VsockSocketException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.EnumSet;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The new faces where a kernel or a machine does not go along. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class SeqpacketFacesTest {
  private final MemoryNet net = new MemoryNet();
  private final VsockProvider vsock =
      new NioVsockProvider(net, EnumSet.of(VsockCapability.STREAM, VsockCapability.SEQPACKET));

  private SeqpacketChannel connected() throws IOException {
    SeqpacketServerChannel listener = vsock.openSeqpacketServerChannel().bind(null);
    VsockAddress bound = (VsockAddress) Objects.requireNonNull(listener.getLocalAddress());
    SeqpacketChannel channel = vsock.openSeqpacketChannel();
    channel.connect(VsockAddress.of(MemoryNet.CID, bound.port()));
    return channel;
  }

  @Test
  void providerWithoutTheCapabilitySaysSo() {
    VsockProvider streamsOnly = new NioVsockProvider(net, EnumSet.of(VsockCapability.STREAM));
    UnsupportedOperationException e =
        assertThrows(UnsupportedOperationException.class, streamsOnly::openSeqpacketChannel);
    assertEquals(
        "SEQPACKET on vm(42): this machine's backend has no such sockets. Ask capabilities()"
            + " first.",
        e.getMessage());
    assertThrows(UnsupportedOperationException.class, streamsOnly::openSeqpacketServerChannel);
  }

  @Test
  void kernelThatCannotPeekAtMessagesSaysSoAndTheChannelGoesOn() throws IOException {
    net.peeksAtMessages = false;
    try (SeqpacketChannel channel = connected()) {
      channel.write(ByteBuffer.allocate(3));
      SeqpacketChannel far =
          VsockSeqpacketChannel.accepted(new VsockSelectorProvider(net, true), net.newest());
      VsockSocketException e =
          assertThrows(VsockSocketException.class, () -> far.peek(ByteBuffer.allocate(1)));
      assertSame(Errno.ENOMEM, e.errno());
      assertTrue(e.toString().contains("Linux before 6.6 has none for SEQPACKET"), e::toString);
      assertEquals(3, far.read(ByteBuffer.allocate(8)));
    }
  }

  @Test
  void kernelThatSaysEnomemOfALongMessageIsUnderstood() throws IOException {
    net.errnoOfTooLong = Errno.ENOMEM;
    try (SeqpacketChannel channel = connected()) {
      VsockSocketException e =
          assertThrows(VsockSocketException.class, () -> channel.write(ByteBuffer.allocate(4097)));
      assertSame(Errno.ENOMEM, e.errno());
      assertTrue(
          e.toString()
              .contains(
                  "ENOMEM, the message of 4097 bytes is longer than the smaller of both ends'"
                      + " receive buffers (BUFFER_SIZE is 4096 at this end), which Linux before"
                      + " 6.4 reports so"),
          e::toString);
    }
  }

  @Test
  void kernelThatDoesNotCountSaysSoAndAvailableIsZero() throws IOException {
    net.countsBytes = false;
    try (SeqpacketChannel channel = connected();
        ServerSocketChannel listener = vsock.openServerSocketChannel().bind(null);
        SocketChannel stream = vsock.openSocketChannel()) {
      VsockSocketException e = assertThrows(VsockSocketException.class, channel::unreadBytes);
      assertSame(Errno.ENOTTY, e.errno());
      assertTrue(e.toString().contains("from 6.17 on"), e::toString);
      assertThrows(VsockSocketException.class, channel::unsentBytes);
      long port = ((VsockAddress) listener.getLocalAddress()).port();
      stream.connect(VsockAddress.of(MemoryNet.CID, port));
      InputStream in = stream.socket().getInputStream();
      assertEquals(0, in.available());
      assertThrows(VsockSocketException.class, VsockChannel.of(stream)::unreadBytes);
    }
  }

  @Test
  void lostMachineTellsItsReason() throws IOException {
    try (SeqpacketChannel channel = connected()) {
      net.lose("vm(42) does not run any more: killed by signal 9.");
      IOException e = assertThrows(IOException.class, () -> channel.read(ByteBuffer.allocate(1)));
      assertEquals("vm(42) does not run any more: killed by signal 9.", e.getMessage());
      assertThrows(IOException.class, vsock::openSeqpacketChannel);
    }
  }

  @Test
  void socketClosedBeneathItsChannelClosesTheChannel() throws IOException {
    try (SeqpacketChannel channel = connected()) {
      net.sockets.get(1).close();
      channel.configureBlocking(false);
      assertThrows(AsynchronousCloseException.class, () -> channel.write(ByteBuffer.allocate(1)));
      assertTrue(!channel.isOpen());
    }
  }
}
