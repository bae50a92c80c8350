package dev.vsocklab.ci.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockProvider;
import dev.vsocklab.junit.Guest;
import dev.vsocklab.junit.Host;
import dev.vsocklab.junit.VsockSimulation;
import dev.vsocklab.sim.Simulation;
import dev.vsocklab.sim.choice.ChoiceStream;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

/** The page's property without jqwik. */
class FramesSimulations {

  @VsockSimulation(seeds = 1000)
  void whatIsSentIsReceived(
      Simulation simulation, @Host VsockProvider host, @Guest(42) VsockProvider guest)
      throws Exception {
    ChoiceStream choices = simulation.choices().stream("messages");
    List<String> messages = new ArrayList<>();
    for (int count = choices.draw(10); count > 0; count--) {
      messages.add("x".repeat(1 + choices.draw(20)));
    }
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
