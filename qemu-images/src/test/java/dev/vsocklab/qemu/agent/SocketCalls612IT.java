package dev.vsocklab.qemu.agent;

/** The socket calls on Linux 6.12. */
final class SocketCalls612IT extends SocketCallsContract {
  SocketCalls612IT() {
    super("6.12");
  }
}
