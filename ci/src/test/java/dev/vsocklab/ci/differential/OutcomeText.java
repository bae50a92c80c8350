package dev.vsocklab.ci.differential;

import dev.vsocklab.Errno;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * An outcome as people read it, {@code 100 eor #1f | A0:in B0:in,out}: the result or errno, flags,
 * the value if it is not 0, and what each open socket is ready for.
 */
final class OutcomeText {
  private static final List<String> EVENTS = List.of("in", "out", "err", "hup", "rdhup");

  private OutcomeText() {}

  static String write(Call call, Outcome outcome) {
    StringBuilder text = new StringBuilder(result(outcome.result()));
    text.append(Flags.write(outcome.flags()));
    if (outcome.value() != 0) {
      text.append(' ').append(value(call, outcome.value()));
    }
    text.append(" |");
    for (int slot = 0; slot < Step.SLOTS; slot++) {
      int readiness = outcome.readinessOf(slot);
      if (readiness != 0) {
        text.append(' ').append(StepText.slot(slot)).append(':').append(events(readiness));
      }
    }
    return text.toString();
  }

  static String result(int result) {
    return result >= 0
        ? Integer.toString(result)
        : Errno.fromNumber(-result).map(Errno::name).orElse("errno" + -result);
  }

  private static String value(Call call, long value) {
    return switch (call) {
      case RECEIVE -> "#" + Long.toHexString(value);
      case LOCAL_ADDRESS, REMOTE_ADDRESS ->
          StepText.cid((int) (value >>> 32)) + ":" + StepText.port((int) value);
      case TAKE_ERROR -> result((int) -value);
      default -> Long.toString(value);
    };
  }

  static String events(int readiness) {
    StringBuilder text = new StringBuilder();
    for (int bit = 0; bit < EVENTS.size(); bit++) {
      if ((readiness & 1 << bit) != 0) {
        text.append(text.isEmpty() ? "" : ",").append(EVENTS.get(bit));
      }
    }
    return text.isEmpty() ? "-" : text.toString();
  }

  static Outcome parse(Call call, String text) {
    String[] halves = text.split("\\|", -1);
    Deque<String> words = new ArrayDeque<>(List.of(halves[0].strip().split(" +", -1)));
    int result = parseResult(words.remove());
    int flags = 0;
    long value = 0;
    for (String word : words) {
      if (Character.isLowerCase(word.charAt(0)) && word.indexOf(':') < 0) {
        flags |= Flags.parse(word);
      } else {
        value = parseValue(call, word);
      }
    }
    long readiness = 0;
    for (String word : halves[1].strip().split(" +", -1)) {
      if (!word.isEmpty()) {
        String[] parts = word.split(":", -1);
        readiness |= (long) parseEvents(parts[1]) << (StepText.parseSlot(parts[0]) * Byte.SIZE);
      }
    }
    return new Outcome(result, flags, value, readiness);
  }

  private static int parseResult(String text) {
    if (text.startsWith("errno")) {
      return -Integer.parseInt(text.substring("errno".length()));
    }
    return Character.isLetter(text.charAt(0))
        ? -Errno.valueOf(text).number()
        : Integer.parseInt(text);
  }

  private static long parseValue(Call call, String text) {
    return switch (call) {
      case RECEIVE -> Long.parseUnsignedLong(text.substring(1), 16);
      case LOCAL_ADDRESS, REMOTE_ADDRESS -> {
        String[] parts = text.split(":", -1);
        yield (long) StepText.parseCid(parts[0]) << 32
            | Integer.toUnsignedLong(StepText.parsePort(parts[1]));
      }
      case TAKE_ERROR -> -parseResult(text);
      default -> Long.parseLong(text);
    };
  }

  private static int parseEvents(String text) {
    int readiness = Outcome.OPEN;
    if (!text.equals("-")) {
      for (String event : text.split(",", -1)) {
        readiness |= 1 << EVENTS.indexOf(event);
      }
    }
    return readiness;
  }
}
