package dev.vsocklab.qemu.agent;

/** The calls of the agent's protocol, with the numbers of {@code vsock-agent.c}. */
enum AgentOp {
  HELLO(1),
  RESET(2),
  GET_LOG(3),
  LOCAL_CID(4),
  SOCKET(5),
  BIND(6),
  LISTEN(7),
  ACCEPT(8),
  CONNECT(9),
  READ(10),
  WRITE(11),
  DATA(12),
  SHUTDOWN(13),
  POLL(14),
  WATCH(15),
  SETSOCKOPT(16),
  GETSOCKOPT(17),
  GETSOCKNAME(18),
  GETPEERNAME(19),
  CLOSE(20),
  CREATE(21),
  MKDIR(22),
  START(23),
  WAIT(24),
  KILL(25),
  SCRIPT(26),
  RECV(27),
  SEND(28),
  QUEUED(29),
  PRIVILEGE(30),
  RENEW(33);

  /** Bit of an answer's op. */
  static final int ANSWER = 0x8000;

  private final int number;

  AgentOp(int number) {
    this.number = number;
  }

  int number() {
    return number;
  }

  /** How this op is marked in an answer. */
  int answerNumber() {
    return number | ANSWER;
  }
}
