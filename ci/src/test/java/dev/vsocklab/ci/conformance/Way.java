package dev.vsocklab.ci.conformance;

/** Which machine is the client. */
enum Way {
  GUEST_TO_HOST("guest → host"),
  HOST_TO_GUEST("host → guest");

  private final String text;

  Way(String text) {
    this.text = text;
  }

  @Override
  public String toString() {
    return text;
  }
}
