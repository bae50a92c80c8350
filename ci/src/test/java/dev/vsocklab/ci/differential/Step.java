package dev.vsocklab.ci.differential;

/**
 * One call of a scenario. What the numbers mean depends on the call, as {@code call-script.c} has
 * it; {@link StepText} writes and reads them for people.
 *
 * @param call the call
 * @param slot on which socket, 0 to 7: the first four are machine A's, the others machine B's
 * @param x type, CID, backlog, the accepted socket's slot, length, how, or setting
 * @param y port or flags
 * @param z whether to wait, or a setting's value
 */
record Step(Call call, int slot, int x, int y, long z) {
  static final int SLOTS = 8;

  /** Slots below this one are machine A's. */
  static final int SLOTS_OF_A = 4;

  /** A port that stands for a slot's own: this and the slot. */
  static final int PORT_OF_SLOT = 0x100;

  /** VMADDR_PORT_ANY and VMADDR_CID_ANY. */
  static final int ANY = -1;

  /** VMADDR_CID_LOCAL: on two machines, the other one's CID, or for a bind the own. */
  static final int LOCAL = 1;

  static final int STREAM = 1;
  static final int SEQPACKET = 5;

  /** MSG_DONTWAIT. */
  static final int DONT_WAIT = 0x40;

  /** The longest send or receive, in bytes. */
  static final int MAX_LENGTH = 384 * 1024;

  static Step of(Call call, int slot) {
    return new Step(call, slot, 0, 0, 0);
  }

  static Step of(Call call, int slot, int x) {
    return new Step(call, slot, x, 0, 0);
  }

  static Step of(Call call, int slot, int x, int y) {
    return new Step(call, slot, x, y, 0);
  }

  static Step connect(int slot, int cid, int port, boolean waits) {
    return new Step(Call.CONNECT, slot, cid, port, waits ? 1 : 0);
  }

  static Step get(int slot, Setting setting) {
    return new Step(Call.GET, slot, setting.number(), 0, 0);
  }

  static Step set(int slot, Setting setting, long value) {
    return new Step(Call.SET, slot, setting.number(), 0, value);
  }

  Setting setting() {
    return Setting.of(x);
  }

  @Override
  public String toString() {
    return StepText.write(this);
  }
}
