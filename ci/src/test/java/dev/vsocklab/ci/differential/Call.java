package dev.vsocklab.ci.differential;

import java.util.Locale;

/**
 * The socket calls of a scenario, with the numbers that the guest's {@code call-script.c} knows.
 */
enum Call {
  SOCKET(1),
  BIND(2),
  LISTEN(3),
  CONNECT(4),
  ACCEPT(5),
  SEND(6),
  RECEIVE(7),
  SHUTDOWN(8),
  CLOSE(9),
  SET(10),
  GET(11),
  TAKE_ERROR(12),
  UNREAD(13),
  UNSENT(14),
  LOCAL_ADDRESS(15),
  REMOTE_ADDRESS(16);

  private final int number;

  Call(int number) {
    this.number = number;
  }

  int number() {
    return number;
  }

  /** As it stands in a scenario's text: {@code take-error}. */
  String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  static Call parse(String text) {
    return valueOf(text.toUpperCase(Locale.ROOT).replace('-', '_'));
  }
}
