package dev.vsocklab.ci.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockProvider;
import dev.vsocklab.junit.Guest;
import dev.vsocklab.junit.Host;
import dev.vsocklab.junit.VsockTest;
import dev.vsocklab.sim.Simulation;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.AlphaChars;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;

/** The page's property. */
@VsockTest
class FramesProperties {

  @Property
  void whatIsSentIsReceived(
      @ForAll @Size(max = 10) List<@AlphaChars @StringLength(min = 1, max = 20) String> messages,
      Simulation simulation,
      @Host VsockProvider host,
      @Guest(42) VsockProvider guest)
      throws Exception {
    ServerSocketChannel listener = host.openServerSocketChannel();
    listener.bind(VsockAddress.any(7000));
    simulation.spawn(
        "sender",
        () -> {
          try (SocketChannel agent = guest.openSocketChannel()) {
            agent.connect(VsockAddress.host(7000));
            for (String message : messages) {
              Frames.write(agent, message);
            }
          }
        });
    try (SocketChannel agent = listener.accept()) {
      assertEquals(messages, Frames.readUntilEnd(agent));
    }
  }
}
