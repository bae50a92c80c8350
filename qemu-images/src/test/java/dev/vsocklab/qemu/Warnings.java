package dev.vsocklab.qemu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.text.MessageFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** What this library says aloud while it is open. */
final class Warnings extends Handler implements AutoCloseable {
  private static final Logger GUESTS = Logger.getLogger("dev.vsocklab.qemu");

  private final List<String> said = new CopyOnWriteArrayList<>();

  private Warnings() {}

  static Warnings ofGuests() {
    Warnings warnings = new Warnings();
    GUESTS.addHandler(warnings);
    return warnings;
  }

  /** All of them, but for those of packages below. */
  List<String> all() {
    return List.copyOf(said);
  }

  /** The only one. */
  String only() {
    assertEquals(1, said.size(), said::toString);
    return said.get(0);
  }

  @Override
  public void publish(LogRecord message) {
    boolean ours = GUESTS.getName().equals(message.getLoggerName());
    if (ours && message.getLevel().intValue() >= Level.WARNING.intValue()) {
      said.add(MessageFormat.format(message.getMessage(), message.getParameters()));
    }
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    GUESTS.removeHandler(this);
  }
}
