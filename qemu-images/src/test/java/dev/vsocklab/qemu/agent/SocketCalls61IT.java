package dev.vsocklab.qemu.agent;

/** The socket calls on Linux 6.1. */
final class SocketCalls61IT extends SocketCallsContract {
  SocketCalls61IT() {
    super("6.1");
  }
}
