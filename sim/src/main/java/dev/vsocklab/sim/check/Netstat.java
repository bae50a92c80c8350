package dev.vsocklab.sim.check;

import dev.vsocklab.sim.stack.Sock;
import dev.vsocklab.sim.stack.Stack;
import java.util.List;

/**
 * Every socket of some machines as {@code ss} would show it, with its credit and who waits for
 * what: for failure reports, and for a lab in which nothing goes on any more.
 */
public final class Netstat {
  private Netstat() {}

  /**
   * Takes a snapshot.
   *
   * @param machines the machines
   * @return one line for each socket; a sentence if there is none
   */
  public static String of(List<Stack> machines) {
    StringBuilder text = new StringBuilder();
    for (Stack machine : machines) {
      for (Sock socket : machine.sockets()) {
        append(text, machine, socket);
      }
    }
    return text.isEmpty() ? "No sockets.\n" : text.toString();
  }

  private static void append(StringBuilder text, Stack machine, Sock socket) {
    socket.lock();
    try {
      text.append("CID ").append(machine.cid()).append("  ").append(socket);
      if (socket.watch() instanceof SocketCheck check) {
        for (WaitCheck place : check.places()) {
          if (place.waiting() > 0) {
            text.append(", ").append(place.waiting());
            text.append(place.waiting() == 1 ? " thread waits" : " threads wait");
            text.append(
                switch (place.kind()) {
                  case READER -> " for input";
                  case WRITER -> " for credit or an answer";
                  case POLLER -> " in poll";
                });
          }
        }
      }
      text.append('\n');
    } finally {
      socket.unlock();
    }
  }
}
