package dev.vsocklab.ci.differential;

import dev.vsocklab.spi.KernelSocket;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/**
 * A scenario while it is made up, with a guess at what state each socket will be in: good enough to
 * draw calls that make sense there. It may be wrong, for nothing depends on it but the odds.
 */
final class Draft {
  /** What a slot most likely holds. */
  enum Guess {
    EMPTY,
    FRESH,
    BOUND,
    LISTENING,
    CONNECTED,
    /** One end of a connection that closed or was shut down for good. */
    FINISHED
  }

  private static final int NOBODY = -1;

  /** SHUT_RDWR. */
  private static final int BOTH = 2;

  /** Bytes of a socket's buffer unless it was set. */
  static final int DEFAULT_BUFFER = 256 * 1024;

  private final List<Step> steps = new ArrayList<>();
  private final Guess[] guesses = new Guess[Step.SLOTS];
  private final int[] types = new int[Step.SLOTS];
  private final int[] ports = new int[Step.SLOTS];
  private final long[] buffers = new long[Step.SLOTS];
  private final long[] lastSent = new long[Step.SLOTS];
  private final long[] queued = new long[Step.SLOTS];
  private final int[] peers = new int[Step.SLOTS];

  /** For each slot, the clients whose connections it may accept. */
  private final List<Deque<Integer>> waiting = new ArrayList<>();

  Draft() {
    Arrays.fill(guesses, Guess.EMPTY);
    Arrays.fill(peers, NOBODY);
    for (int slot = 0; slot < Step.SLOTS; slot++) {
      waiting.add(new ArrayDeque<>());
    }
  }

  /** The scenario, cut to that many steps. */
  Scenario finish(int length) {
    return new Scenario(steps.subList(0, length));
  }

  int size() {
    return steps.size();
  }

  Guess guess(int slot) {
    return guesses[slot];
  }

  int type(int slot) {
    return types[slot];
  }

  int port(int slot) {
    return ports[slot];
  }

  /** What the slot's buffer was set to, most likely. */
  long buffer(int slot) {
    return buffers[slot];
  }

  /** The length of the slot's last send. */
  long lastSent(int slot) {
    return lastSent[slot];
  }

  /** The slot's peer where this slot has nothing to read and the peer has, else the slot. */
  int whoCanRead(int slot) {
    int peer = peers[slot];
    return peer != NOBODY && queued[slot] == 0 && queued[peer] > 0 ? peer : slot;
  }

  boolean hasWaitingConnection(int slot) {
    return !waiting.get(slot).isEmpty();
  }

  List<Integer> slots(Guess guess) {
    List<Integer> found = new ArrayList<>();
    for (int slot = 0; slot < Step.SLOTS; slot++) {
      if (guesses[slot] == guess) {
        found.add(slot);
      }
    }
    return found;
  }

  void add(Step step) {
    steps.add(step);
    int slot = step.slot();
    Guess now = guesses[slot];
    switch (step.call()) {
      case SOCKET -> fill(slot, Guess.FRESH, step.x(), DEFAULT_BUFFER);
      case BIND -> {
        if (now == Guess.FRESH) {
          guesses[slot] = Guess.BOUND;
          ports[slot] = step.y();
        }
      }
      case LISTEN -> {
        if (now == Guess.BOUND) {
          guesses[slot] = Guess.LISTENING;
        }
      }
      case CONNECT -> connect(step);
      case ACCEPT -> {
        if (guesses[step.x()] == Guess.EMPTY && hasWaitingConnection(slot)) {
          int client = waiting.get(slot).remove();
          fill(step.x(), guesses[client], types[slot], buffers[slot]);
          peers[client] = step.x();
          peers[step.x()] = client;
        }
      }
      case SEND -> {
        lastSent[slot] = step.x();
        if (peers[slot] != NOBODY) {
          queued[peers[slot]] += step.x();
        }
      }
      case RECEIVE -> {
        if ((step.y() & KernelSocket.MSG_PEEK) == 0) {
          queued[slot] = Math.max(0, queued[slot] - step.x());
        }
      }
      case CLOSE -> {
        end(slot);
        guesses[slot] = Guess.EMPTY;
      }
      case SHUTDOWN -> {
        if (now == Guess.CONNECTED && step.x() == BOTH) {
          end(slot);
        }
      }
      case SET -> {
        if (step.setting() == Setting.BUFFER_SIZE && step.z() > 0) {
          buffers[slot] = Math.min(step.z(), DEFAULT_BUFFER);
        }
      }
      default -> {
        // It changes no state worth guessing.
      }
    }
  }

  private void fill(int slot, Guess guess, int type, long buffer) {
    if (guesses[slot] == Guess.EMPTY) {
      guesses[slot] = guess;
      types[slot] = type;
      buffers[slot] = buffer;
      lastSent[slot] = 0;
      queued[slot] = 0;
    }
  }

  /** The connection is over, for both ends. */
  private void end(int slot) {
    int peer = peers[slot];
    if (peer != NOBODY) {
      guesses[peer] = Guess.FINISHED;
      peers[peer] = NOBODY;
      peers[slot] = NOBODY;
    }
    if (guesses[slot] == Guess.CONNECTED) {
      guesses[slot] = Guess.FINISHED;
    }
    waiting.get(slot).forEach(client -> guesses[client] = Guess.FINISHED);
    waiting.get(slot).clear();
  }

  private void connect(Step step) {
    Guess now = guesses[step.slot()];
    for (int listener : slots(Guess.LISTENING)) {
      if (ports[listener] == step.y()
          && types[listener] == types[step.slot()]
          && (now == Guess.FRESH || now == Guess.BOUND)) {
        guesses[step.slot()] = Guess.CONNECTED;
        waiting.get(listener).add(step.slot());
      }
    }
  }
}
