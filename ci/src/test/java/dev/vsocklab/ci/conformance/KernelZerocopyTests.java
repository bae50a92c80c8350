package dev.vsocklab.ci.conformance;

/** The kernel's own tests of MSG_ZEROCOPY, which vsocklab does not have. */
final class KernelZerocopyTests {
  private static final String WHY =
      "MSG_ZEROCOPY pins a program's pages until a completion arrives. A JVM's buffers are copied"
          + " on their way to any kernel, so no KernelSocket has the flag, SO_ZEROCOPY or the error"
          + " queue.";

  @Case(
      id = "kernel-18",
      title = "SOCK_STREAM MSG_ZEROCOPY",
      source = "vsock_test 18",
      notSimulated = WHY)
  void stream(Ends ends) {}

  @Case(
      id = "kernel-19",
      title = "SOCK_SEQPACKET MSG_ZEROCOPY",
      source = "vsock_test 19",
      notSimulated = WHY)
  void seqpacket(Ends ends) {}

  @Case(
      id = "kernel-20",
      title = "SOCK_STREAM MSG_ZEROCOPY empty MSG_ERRQUEUE",
      source = "vsock_test 20",
      notSimulated = WHY)
  void emptyErrorQueue(Ends ends) {}

  @Case(
      id = "kernel-27",
      title = "SOCK_STREAM MSG_ZEROCOPY leak MSG_ERRQUEUE",
      source = "vsock_test 27",
      notSimulated = WHY)
  void errorQueueLeak(Ends ends) {}

  @Case(
      id = "kernel-28",
      title = "SOCK_STREAM MSG_ZEROCOPY leak completion skb",
      source = "vsock_test 28",
      notSimulated = WHY)
  void completionLeak(Ends ends) {}

  @Case(
      id = "kernel-36",
      title = "SOCK_STREAM accept()ed socket custom setsockopt()",
      source = "vsock_test 36",
      notSimulated = "The test sets SO_ZEROCOPY. " + WHY)
  void optionOfAcceptedSocket(Ends ends) {}

  @Case(
      id = "kernel-37",
      title = "SOCK_STREAM virtio MSG_ZEROCOPY coalescence corruption",
      source = "vsock_test 37",
      notSimulated = WHY)
  void coalescence(Ends ends) {}
}
