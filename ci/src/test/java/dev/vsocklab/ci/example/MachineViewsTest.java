package dev.vsocklab.ci.example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.vsocklab.Errno;
import dev.vsocklab.GuestDevice;
import dev.vsocklab.Machine;
import dev.vsocklab.PortPrivilege;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.junit.Guest;
import dev.vsocklab.junit.Host;
import dev.vsocklab.junit.VsockTest;
import dev.vsocklab.sim.PacketPeer;
import dev.vsocklab.sim.PacketPeers;
import dev.vsocklab.sim.wire.Op;
import dev.vsocklab.sim.wire.Packet;
import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.KernelSocket;
import dev.vsocklab.spi.SocketLayer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the README says of a machine's views, which only a simulated host has all. */
@Tag("contract")
@Tag("simulated-host")
@VsockTest
class MachineViewsTest {

  @Test
  void aGuestWhoseTransportWasResetWithANewCidIsReachedUnderThat(
      @Host Machine host, @Guest(42) Machine guest) throws Exception {
    guest.as(GuestDevice.class).orElseThrow().resetTransport(77);
    try (ServerSocketChannel agent = guest.vsock().openServerSocketChannel();
        SocketChannel service = host.vsock().openSocketChannel()) {
      agent.bind(VsockAddress.any(7000));
      service.connect(VsockAddress.of(77, 7000));
    }
    assertEquals(77, guest.cid());
  }

  @Test
  void withoutThePrivilegeAPortBelow1024IsRefused(@Host Machine host) throws Exception {
    host.as(PortPrivilege.class).orElseThrow().mayBindPrivilegedPorts(false);
    SocketLayer sockets = host.as(SocketLayer.class).orElseThrow();
    KernelSocket socket = sockets.stream();
    ErrnoException refused =
        assertThrows(ErrnoException.class, () -> socket.bind(VsockAddress.any(1023)));
    assertEquals(Errno.EACCES, refused.errno());
  }

  @Test
  void aPeerMadeByHandSeesWhatTheGuestsKernelAnswers(@Host Machine host, @Guest(42) Machine guest)
      throws Exception {
    try (ServerSocketChannel agent = guest.vsock().openServerSocketChannel();
        PacketPeer peer = host.as(PacketPeers.class).orElseThrow().open(6000)) {
      agent.bind(VsockAddress.any(7000));
      peer.send(VsockAddress.of(42, 7000), Op.REQUEST);
      Packet answer = peer.receive(Duration.ofSeconds(5));
      assertNotNull(answer);
      assertEquals(Op.RESPONSE, answer.header().op());
    }
  }
}
