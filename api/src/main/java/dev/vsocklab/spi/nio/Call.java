package dev.vsocklab.spi.nio;

/** The socket calls that can fail, as messages name them. */
enum Call {
  SOCKET("socket"),
  LOCAL_CID("local CID"),
  BIND("bind"),
  LISTEN("listen at"),
  ACCEPT("accept at"),
  CONNECT("connect"),
  READ("read from"),
  PEEK("peek at"),
  WRITE("write to"),
  QUEUED("bytes queued to"),
  SHUTDOWN("shutdown of"),
  OPTION("option of");

  private final String words;

  Call(String words) {
    this.words = words;
  }

  /** How a message begins, before the address: {@code read from}. */
  String words() {
    return words;
  }
}
