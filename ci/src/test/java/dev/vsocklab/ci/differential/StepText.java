package dev.vsocklab.ci.differential;

import static dev.vsocklab.ci.differential.Step.ANY;
import static dev.vsocklab.ci.differential.Step.PORT_OF_SLOT;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * A step as people read it, {@code B0 connect 1 p3 wait}: the slot, the call, its arguments. A port
 * is {@code p0} to {@code p15} of the scenario's own, {@code any}, or {@code port-of-A2}.
 */
final class StepText {
  private static final List<String> TYPES = List.of("stream", "seqpacket");
  private static final List<String> HOWS = List.of("read", "write", "both");

  private StepText() {}

  static String write(Step step) {
    return slot(step.slot()) + " " + step.call().text() + arguments(step);
  }

  private static String arguments(Step step) {
    return switch (step.call()) {
      case SOCKET -> " " + TYPES.get(step.x() == Step.STREAM ? 0 : 1);
      case BIND -> " " + cid(step.x()) + " " + port(step.y());
      case LISTEN -> " " + step.x();
      case CONNECT ->
          " " + cid(step.x()) + " " + port(step.y()) + (step.z() == 0 ? " dontwait" : "");
      case ACCEPT -> " " + slot(step.x());
      case SEND, RECEIVE -> " " + step.x() + Flags.write(step.y());
      case SHUTDOWN -> " " + HOWS.get(step.x());
      case SET -> " " + step.setting().text() + " " + step.z();
      case GET -> " " + step.setting().text();
      case CLOSE, TAKE_ERROR, UNREAD, UNSENT, LOCAL_ADDRESS, REMOTE_ADDRESS -> "";
    };
  }

  static Step parse(String text) {
    Deque<String> words = new ArrayDeque<>(List.of(text.strip().split(" +", -1)));
    try {
      int slot = parseSlot(words.remove());
      Step step = parse(Call.parse(words.remove()), slot, words);
      if (!words.isEmpty()) {
        throw new IllegalArgumentException("\"" + words.remove() + "\" is too much");
      }
      return step;
    } catch (java.util.NoSuchElementException | IllegalArgumentException e) {
      throw new IllegalArgumentException("Not a step: \"" + text + "\": " + e.getMessage(), e);
    }
  }

  private static Step parse(Call call, int slot, Deque<String> words) {
    return switch (call) {
      case SOCKET ->
          Step.of(call, slot, index(TYPES, words.remove()) == 0 ? Step.STREAM : Step.SEQPACKET);
      case BIND -> Step.of(call, slot, parseCid(words.remove()), parsePort(words.remove()));
      case LISTEN -> Step.of(call, slot, Integer.parseInt(words.remove()));
      case CONNECT ->
          Step.connect(
              slot,
              parseCid(words.remove()),
              parsePort(words.remove()),
              (parseFlags(words) & Step.DONT_WAIT) == 0);
      case ACCEPT -> Step.of(call, slot, parseSlot(words.remove()));
      case SEND, RECEIVE ->
          Step.of(call, slot, Integer.parseInt(words.remove()), parseFlags(words));
      case SHUTDOWN -> Step.of(call, slot, index(HOWS, words.remove()));
      case SET -> Step.set(slot, Setting.parse(words.remove()), Long.parseLong(words.remove()));
      case GET -> Step.get(slot, Setting.parse(words.remove()));
      case CLOSE, TAKE_ERROR, UNREAD, UNSENT, LOCAL_ADDRESS, REMOTE_ADDRESS -> Step.of(call, slot);
    };
  }

  private static int parseFlags(Deque<String> words) {
    int flags = 0;
    while (!words.isEmpty()) {
      flags |= Flags.parse(words.remove());
    }
    return flags;
  }

  private static int index(List<String> words, String word) {
    int index = words.indexOf(word);
    if (index < 0) {
      throw new IllegalArgumentException("\"" + word + "\" is none of " + words);
    }
    return index;
  }

  /** {@code A0} to {@code B3}. */
  static String slot(int slot) {
    return (slot < Step.SLOTS_OF_A ? "A" : "B") + slot % Step.SLOTS_OF_A;
  }

  static int parseSlot(String text) {
    int index = text.length() == 2 ? text.charAt(1) - '0' : -1;
    if (index < 0 || index >= Step.SLOTS_OF_A || "AB".indexOf(text.charAt(0)) < 0) {
      throw new IllegalArgumentException("\"" + text + "\" is no slot: A0 to A3, B0 to B3");
    }
    return "AB".indexOf(text.charAt(0)) * Step.SLOTS_OF_A + index;
  }

  static String cid(int cid) {
    return cid == ANY ? "any" : Integer.toUnsignedString(cid);
  }

  static int parseCid(String text) {
    return text.equals("any") ? ANY : Integer.parseUnsignedInt(text);
  }

  static String port(int port) {
    if (port == ANY) {
      return "any";
    }
    return port < PORT_OF_SLOT
        ? "p" + port
        : port < PORT_OF_SLOT + Step.SLOTS
            ? "port-of-" + slot(port - PORT_OF_SLOT)
            : "auto" + (port - PortBook.CHOSEN);
  }

  static int parsePort(String text) {
    if (text.equals("any")) {
      return ANY;
    }
    if (text.startsWith("port-of-")) {
      return PORT_OF_SLOT + parseSlot(text.substring("port-of-".length()));
    }
    if (text.startsWith("auto")) {
      return PortBook.CHOSEN + Integer.parseInt(text.substring("auto".length()));
    }
    if (!text.startsWith("p")) {
      throw new IllegalArgumentException("\"" + text + "\" is no port");
    }
    return Integer.parseInt(text.substring(1));
  }
}
