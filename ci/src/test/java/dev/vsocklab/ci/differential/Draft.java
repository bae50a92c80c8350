package dev.vsocklab.ci.differential;

import java.util.ArrayList;
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
    CONNECTED
  }

  /** Bytes of a socket's buffer unless it was set. */
  static final int DEFAULT_BUFFER = 256 * 1024;

  private final List<Step> steps = new ArrayList<>();
  private final Guess[] guesses = new Guess[Step.SLOTS];
  private final int[] types = new int[Step.SLOTS];
  private final int[] ports = new int[Step.SLOTS];
  private final long[] buffers = new long[Step.SLOTS];
  private final long[] lastSent = new long[Step.SLOTS];
  private final int[] waitingConnections = new int[Step.SLOTS];

  Draft() {
    java.util.Arrays.fill(guesses, Guess.EMPTY);
  }

  Scenario finish() {
    return new Scenario(steps);
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

  boolean hasWaitingConnection(int slot) {
    return waitingConnections[slot] > 0;
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
          waitingConnections[slot] = 0;
        }
      }
      case CONNECT -> connect(step);
      case ACCEPT -> {
        if (guesses[step.x()] == Guess.EMPTY && waitingConnections[slot] > 0) {
          waitingConnections[slot]--;
          fill(step.x(), Guess.CONNECTED, types[slot], buffers[slot]);
        }
      }
      case SEND -> lastSent[slot] = step.x();
      case CLOSE -> guesses[slot] = Guess.EMPTY;
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
      waitingConnections[slot] = 0;
    }
  }

  private void connect(Step step) {
    Guess now = guesses[step.slot()];
    for (int listener : slots(Guess.LISTENING)) {
      if (ports[listener] == step.y()
          && types[listener] == types[step.slot()]
          && (now == Guess.FRESH || now == Guess.BOUND)) {
        guesses[step.slot()] = Guess.CONNECTED;
        waitingConnections[listener]++;
      }
    }
  }
}
