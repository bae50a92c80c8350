package dev.vsocklab.ci.differential;

import dev.vsocklab.ci.differential.Draft.Guess;
import dev.vsocklab.spi.KernelSocket;
import java.util.List;
import java.util.Random;

/**
 * Makes scenarios up, the same one for the same seed. Most begin with a connection, and most calls
 * suit their socket's state; some never do, for the errors are behaviour too.
 */
final class ScenarioGenerator {
  /** What the kernel counts for a queued packet besides its bytes. */
  private static final int SKB_TRUESIZE = 576;

  private static final int LEAST_STEPS = 5;
  private static final int MOST_STEPS = 60;

  /** CIDs that are nobody's, or special. */
  private static final List<Integer> STRANGE_CIDS = List.of(0, 2, 42, 0x7FFF_FFFF, Step.ANY);

  private static final List<Integer> ALL_FLAGS =
      List.of(
          KernelSocket.MSG_PEEK,
          KernelSocket.MSG_TRUNC,
          KernelSocket.MSG_WAITALL,
          KernelSocket.MSG_EOR);

  private final Topology topology;

  /** Which machines there are. */
  enum Topology {
    /** Both are one kernel: anybody connects to anybody, also to strange CIDs. */
    LOOPBACK,
    /** Two machines: connections go across. */
    TWO_MACHINES
  }

  ScenarioGenerator(Topology topology) {
    this.topology = topology;
  }

  Scenario generate(long seed) {
    Random random = new Random(seed);
    Draft draft = new Draft();
    int length = LEAST_STEPS + random.nextInt(MOST_STEPS - LEAST_STEPS + 1);
    if (random.nextInt(10) < 8) {
      begin(draft, random);
    }
    Lengths lengths = new Lengths(random);
    while (draft.size() < length) {
      next(draft, random, lengths);
    }
    return draft.finish(length);
  }

  /** A connection, whose sockets may have options set before. */
  private void begin(Draft draft, Random random) {
    List<Integer> empty = draft.slots(Guess.EMPTY);
    if (empty.isEmpty()) {
      return;
    }
    int type = type(random);
    int listener = pick(empty, random);
    int client = other(listener, random);
    List<Integer> near =
        nearAndEmpty(listener, draft).stream()
            .filter(slot -> slot != listener && slot != client)
            .toList();
    if (draft.guess(client) != Guess.EMPTY || near.isEmpty()) {
      return;
    }
    boolean small = random.nextInt(10) < 4;
    draft.add(Step.of(Call.SOCKET, listener, type));
    if (small) {
      draft.add(Step.set(listener, Setting.BUFFER_SIZE, smallBuffer(random)));
    }
    draft.add(
        Step.of(
            Call.BIND,
            listener,
            random.nextInt(3) == 0 ? Step.LOCAL : Step.ANY,
            random.nextInt(4)));
    draft.add(Step.of(Call.LISTEN, listener, random.nextInt(4)));
    draft.add(Step.of(Call.SOCKET, client, type));
    if (random.nextInt(10) < (small ? 6 : 2)) {
      draft.add(Step.set(client, Setting.BUFFER_SIZE, smallBuffer(random)));
    }
    if (random.nextInt(20) == 0) {
      draft.add(option(client, random, draft));
    }
    draft.add(Step.connect(client, Step.LOCAL, draft.port(listener), random.nextInt(10) != 0));
    if (random.nextInt(15) != 0) {
      draft.add(Step.of(Call.ACCEPT, listener, pick(near, random)));
    }
    if (random.nextInt(3) == 0) {
      draft.add(Step.of(Call.CLOSE, listener));
    }
  }

  private static int type(Random random) {
    return random.nextInt(5) < 3 ? Step.STREAM : Step.SEQPACKET;
  }

  private static long smallBuffer(Random random) {
    return switch (random.nextInt(16)) {
      case 0 -> 128;
      case 1 -> SKB_TRUESIZE + random.nextInt(3) - 1;
      case 2 -> 2 * SKB_TRUESIZE + random.nextInt(3) - 1;
      case 3, 4 -> 2000 + random.nextInt(3000);
      case 5 -> 4096;
      case 6, 7, 8 -> 64 * 1024 + random.nextInt(3) - 1;
      default -> 6000 + random.nextInt(40_000);
    };
  }

  /** A slot that may connect to this one. */
  private int other(int slot, Random random) {
    int found = random.nextInt(Step.SLOTS);
    while (found == slot
        || (topology == Topology.TWO_MACHINES
            && found / Step.SLOTS_OF_A == slot / Step.SLOTS_OF_A)) {
      found = random.nextInt(Step.SLOTS);
    }
    return found;
  }

  private void next(Draft draft, Random random, Lengths lengths) {
    List<Integer> connected = draft.slots(Guess.CONNECTED);
    if (connected.isEmpty() && random.nextInt(4) == 0) {
      begin(draft, random);
      return;
    }
    if (!connected.isEmpty() && random.nextInt(14) == 0) {
      exhaust(pick(connected, random), draft, random, lengths);
    } else if (!connected.isEmpty() && random.nextInt(100) < 78) {
      Step step = onConnected(pick(connected, random), draft, random, lengths);
      draft.add(step);
      if (step.call() == Call.SEND && random.nextBoolean()) {
        draft.add(receive(draft.whoCanRead(step.slot()), draft, random, lengths));
      }
    } else if (random.nextInt(100) < 75) {
      onWhatIsThere(draft, random, lengths);
    } else {
      draft.add(anything(random.nextInt(Step.SLOTS), draft, random, lengths));
    }
  }

  /**
   * Small packets, then all the credit that is left, then reads in small pieces: so the moments
   * show at which credit comes back.
   */
  private static void exhaust(int slot, Draft draft, Random random, Lengths lengths) {
    for (int left = random.nextInt(4); left > 0; left--) {
      draft.add(Step.of(Call.SEND, slot, lengths.aboutMerged(), Step.DONT_WAIT));
    }
    draft.add(Step.of(Call.SEND, slot, lengths.all(draft.buffer(slot)), Step.DONT_WAIT));
    int reader = draft.whoCanRead(slot);
    for (int left = 1 + random.nextInt(5); left > 0; left--) {
      draft.add(Step.of(Call.RECEIVE, reader, lengths.aboutMerged(), Step.DONT_WAIT));
    }
  }

  private Step onConnected(int slot, Draft draft, Random random, Lengths lengths) {
    int dice = random.nextInt(100);
    if (dice < 35) {
      return send(slot, draft, random, lengths);
    }
    if (dice < 70) {
      int reader = random.nextInt(4) == 0 ? slot : draft.whoCanRead(slot);
      return receive(reader, draft, random, lengths);
    }
    if (dice < 73) {
      return Step.of(Call.SHUTDOWN, slot, random.nextInt(3));
    }
    if (dice < 75) {
      return Step.of(Call.CLOSE, slot);
    }
    if (dice < 86) {
      return option(slot, random, draft);
    }
    if (dice < 97) {
      return question(slot, random);
    }
    return anything(slot, draft, random, lengths);
  }

  private void onWhatIsThere(Draft draft, Random random, Lengths lengths) {
    int slot = random.nextInt(Step.SLOTS);
    switch (draft.guess(slot)) {
      case EMPTY -> draft.add(Step.of(Call.SOCKET, slot, type(random)));
      case FRESH -> {
        int dice = random.nextInt(10);
        if (dice < 4) {
          draft.add(bind(slot, random));
        } else if (dice < 8) {
          draft.add(connect(slot, draft, random));
        } else {
          draft.add(option(slot, random, draft));
        }
      }
      case BOUND -> {
        int dice = random.nextInt(10);
        if (dice < 5) {
          draft.add(listen(slot, random));
        } else if (dice < 8) {
          draft.add(connect(slot, draft, random));
        } else {
          draft.add(option(slot, random, draft));
        }
      }
      case LISTENING -> {
        List<Integer> near = nearAndEmpty(slot, draft);
        if (draft.hasWaitingConnection(slot) && !near.isEmpty()) {
          draft.add(Step.of(Call.ACCEPT, slot, pick(near, random)));
        } else {
          connectSomebody(slot, draft, random);
        }
      }
      case CONNECTED -> draft.add(question(slot, random));
      case FINISHED -> draft.add(onConnected(slot, draft, random, lengths));
    }
    if (random.nextInt(12) == 0) {
      draft.add(anything(slot, draft, random, lengths));
    }
  }

  /** Where an accepted socket may go: to the listener's machine. */
  private List<Integer> nearAndEmpty(int listener, Draft draft) {
    return draft.slots(Guess.EMPTY).stream()
        .filter(
            slot ->
                topology == Topology.LOOPBACK
                    || slot / Step.SLOTS_OF_A == listener / Step.SLOTS_OF_A)
        .toList();
  }

  private void connectSomebody(int listener, Draft draft, Random random) {
    int client = other(listener, random);
    if (draft.guess(client) == Guess.EMPTY) {
      draft.add(Step.of(Call.SOCKET, client, draft.type(listener)));
    }
    draft.add(Step.connect(client, Step.LOCAL, draft.port(listener), random.nextInt(4) != 0));
  }

  private Step anything(int slot, Draft draft, Random random, Lengths lengths) {
    return switch (random.nextInt(12)) {
      case 0 -> Step.of(Call.SOCKET, slot, type(random));
      case 1 -> bind(slot, random);
      case 2 -> listen(slot, random);
      case 3 -> connect(slot, draft, random);
      case 4 -> Step.of(Call.ACCEPT, slot, acceptInto(slot, random));
      case 5 -> send(slot, draft, random, lengths);
      case 6 -> receive(slot, draft, random, lengths);
      case 7 -> Step.of(Call.SHUTDOWN, slot, random.nextInt(3));
      case 8 -> Step.of(Call.CLOSE, slot);
      case 9 -> option(slot, random, draft);
      default -> question(slot, random);
    };
  }

  private int acceptInto(int slot, Random random) {
    return topology == Topology.LOOPBACK
        ? random.nextInt(Step.SLOTS)
        : slot / Step.SLOTS_OF_A * Step.SLOTS_OF_A + random.nextInt(Step.SLOTS_OF_A);
  }

  private Step bind(int slot, Random random) {
    int cid = random.nextInt(3) == 0 ? Step.LOCAL : Step.ANY;
    if (topology == Topology.LOOPBACK && random.nextInt(12) == 0) {
      cid = pick(STRANGE_CIDS, random);
    }
    int port =
        switch (random.nextInt(8)) {
          case 0 -> Step.ANY;
          case 1 -> Step.PORT_OF_SLOT + random.nextInt(Step.SLOTS);
          default -> random.nextInt(4);
        };
    return Step.of(Call.BIND, slot, cid, port);
  }

  private static Step listen(int slot, Random random) {
    return Step.of(Call.LISTEN, slot, pick(List.of(0, 1, 2, 3, -1, Integer.MAX_VALUE), random));
  }

  private Step connect(int slot, Draft draft, Random random) {
    int cid =
        topology == Topology.LOOPBACK && random.nextInt(8) == 0
            ? pick(STRANGE_CIDS, random)
            : Step.LOCAL;
    List<Integer> listeners = draft.slots(Guess.LISTENING);
    int port =
        switch (random.nextInt(10)) {
          case 0 -> Step.ANY;
          case 1 -> Step.PORT_OF_SLOT + random.nextInt(Step.SLOTS);
          case 2, 3 -> random.nextInt(5);
          default -> listeners.isEmpty() ? random.nextInt(4) : draft.port(pick(listeners, random));
        };
    return Step.connect(slot, cid, port, random.nextInt(3) != 0);
  }

  private static Step send(int slot, Draft draft, Random random, Lengths lengths) {
    int flags = random.nextInt(5) == 0 ? 0 : Step.DONT_WAIT;
    if (random.nextInt(4) == 0) {
      flags |= KernelSocket.MSG_EOR;
    }
    return Step.of(Call.SEND, slot, lengths.near(draft.buffer(slot)), flags);
  }

  private static Step receive(int slot, Draft draft, Random random, Lengths lengths) {
    int flags = random.nextInt(8) == 0 ? 0 : Step.DONT_WAIT;
    for (int flag : ALL_FLAGS) {
      if (flag != KernelSocket.MSG_EOR && random.nextInt(7) == 0) {
        flags |= flag;
      }
    }
    int length =
        random.nextInt(3) == 0
            ? Step.MAX_LENGTH / 2
            : lengths.near(
                random.nextBoolean() ? draft.buffer(slot) : lastSentByAnyone(draft, random));
    return Step.of(Call.RECEIVE, slot, length, flags);
  }

  private static long lastSentByAnyone(Draft draft, Random random) {
    return draft.lastSent(random.nextInt(Step.SLOTS));
  }

  private static Step option(int slot, Random random, Draft draft) {
    Setting setting = pick(List.of(Setting.values()), random);
    if (random.nextInt(3) == 0) {
      return Step.get(slot, setting);
    }
    return Step.set(slot, setting, value(setting, draft.buffer(slot), random));
  }

  private static long value(Setting setting, long buffer, Random random) {
    return switch (setting) {
      case BUFFER_SIZE, BUFFER_MIN_SIZE, BUFFER_MAX_SIZE -> size(buffer, random);
      case CONNECT_TIMEOUT -> pick(List.of(100L, 200L, 400L, -1000L), random);
      case RECEIVE_TIMEOUT, SEND_TIMEOUT -> pick(List.of(4L, 8L, -1000L), random);
      case RECEIVE_LOW_WATER ->
          pick(List.of(0L, 1L, 2L, 128L, 1000L, buffer - 1, buffer, buffer + 1, -1L), random);
      case LINGER -> pick(List.of(-1L, 0L), random);
    };
  }

  private static long size(long buffer, Random random) {
    return switch (random.nextInt(12)) {
      case 0 -> 0;
      case 1 -> 1;
      case 2 -> 127 + random.nextInt(3);
      case 3 -> buffer - 1;
      case 4 -> buffer + 1;
      case 5 -> buffer / 2;
      case 6 -> 64 * 1024 + random.nextInt(3) - 1;
      case 7 -> pick(List.of((long) Integer.MAX_VALUE, 0xFFFF_FFFFL, 1L << 32, -1L), random);
      case 8 -> 1024 * 1024;
      default -> smallBuffer(random);
    };
  }

  private static Step question(int slot, Random random) {
    return Step.of(
        pick(
            List.of(
                Call.TAKE_ERROR, Call.UNREAD, Call.UNSENT, Call.LOCAL_ADDRESS, Call.REMOTE_ADDRESS),
            random),
        slot);
  }

  private static <T> T pick(List<T> values, Random random) {
    return values.get(random.nextInt(values.size()));
  }
}
