package dev.vsocklab.ci.teeth;

import static dev.vsocklab.ci.teeth.Mutation.bug;

import java.util.List;

/** The bugs. Each is one that somebody could write, and that a program could see. */
final class Mutations {
  private static final String WINDOW = "credit/SendWindow.java";
  private static final String BUFFER = "credit/ReceiveBuffer.java";
  private static final String SIZES = "credit/BufferSizes.java";
  private static final String CONNECTION = "connection/Connection.java";
  private static final String RECEIVE = "connection/ReceiveCall.java";
  private static final String SEND = "connection/SendCall.java";
  private static final String RULES = "connection/PacketRules.java";
  private static final String SOCK = "stack/Sock.java";
  private static final String STACK = "stack/Stack.java";
  private static final String FABRIC = "fabric/Fabric.java";
  private static final String BACKLOG = "stack/Backlog.java";
  private static final String BOUND = "stack/BoundTable.java";

  private Mutations() {}

  static List<Mutation> all() {
    return List.of(
        bug(
            "the window is one byte too large",
            WINDOW,
            "largestBytes(ownBufAlloc) - Wrapping32",
            "largestBytes(ownBufAlloc) + 1 - Wrapping32"),
        bug(
            "the sender's own buffer does not bound the window",
            WINDOW,
            "return Math.min(Integer.toUnsignedLong(peerBufAlloc), Integer.toUnsignedLong(ownBufAlloc));",
            "return Integer.toUnsignedLong(peerBufAlloc);"),
        bug(
            "a stream's reader tells no credit",
            RECEIVE,
            "if (!peeks && connection",
            "if (bufferBytes < 0 && connection"),
        bug(
            "a message's reader tells no credit",
            RECEIVE,
            "connection.received().messageFlags());\n      effects.send(Op.CREDIT_UPDATE, 0);",
            "connection.received().messageFlags());"),
        bug(
                "fwd_cnt moves by bytes read",
                BUFFER,
                "readOfFirst += step;",
                "readOfFirst += step; fwdCnt += step;")
            .and("fwdCnt += whole;", "if (messages > 0) { fwdCnt += whole; }"),
        bug(
            "packets of 128 bytes are not merged",
            BUFFER,
            "MERGE_MAX_BYTES = 128",
            "MERGE_MAX_BYTES = 127"),
        bug(
            "a message is merged into the end of the one before it",
            BUFFER,
            "&& (packets.flags(last) & Header.SEQ_EOM) == 0) {",
            "&& last >= 0) {"),
        bug(
            "credit is told one byte late",
            BUFFER,
            "free < Header.MAX_PAYLOAD_BYTES ||",
            "free < Header.MAX_PAYLOAD_BYTES - 1 ||"),
        bug(
            "a queue of small packets has no bound",
            BUFFER,
            "&& (packets.size() + 1L) * PACKET_OVERHEAD_BYTES <= size",
            ""),
        bug(
                "what is half read is not counted whole on 6.1",
                BUFFER,
                "return unreadCountsWholePackets ? usedBytes : storedBytes();",
                "return storedBytes();")
            .on("6.1"),
        bug(
            "a refused connect is ETIMEDOUT",
            CONNECTION,
            "failConnect(Errno.ECONNRESET, effects)",
            "failConnect(Errno.ETIMEDOUT, effects)"),
        bug(
            "the second shutdown() forgets the first",
            CONNECTION,
            "localShutdown |= flags;",
            "localShutdown = flags;"),
        bug(
            "the peer's second SHUTDOWN forgets the first",
            CONNECTION,
            "peerShutdown |= flags & BOTH;",
            "peerShutdown = flags & BOTH;"),
        bug("shutdown() leaves SOCK_DONE", CONNECTION, "done = false; // Linux", "// Linux"),
        bug(
            "a full shutdown is not answered",
            CONNECTION,
            "if (received.unreadBytes() == 0 && !done) {",
            "if (received.unreadBytes() < 0) {"),
        bug(
            "a reset throws unread data away",
            CONNECTION,
            "if (received.unreadBytes() == 0) {\n      state = State.CLOSING;",
            "if (received.unreadBytes() >= 0) {\n      state = State.CLOSING;"),
        bug(
            "an unconnected socket is not writable",
            CONNECTION,
            "case CLOSED, CLOSING -> !listening;",
            "case CLOSED, CLOSING -> false;"),
        bug(
            "a peer's close is a hang-up",
            CONNECTION,
            "if (localShutdown == BOTH || (sendsNoMore && peerSendsNoMore)) {",
            "if (localShutdown == BOTH || peerSendsNoMore) {"),
        bug(
            "the low-water mark does not bind poll",
            CONNECTION,
            "received.unreadBytes() >= lowWaterBytes) {",
            "lowWaterBytes > 0) {"),
        bug(
            "data can be read after SHUT_RD",
            CONNECTION,
            "return (localShutdown & RCV) == 0; // else",
            "return true; // else"),
        bug(
            "SO_ERROR stays",
            CONNECTION,
            "Errno taken = error;\n    error = null;",
            "Errno taken = error;"),
        bug(
            "EPIPE hides a pending error",
            CONNECTION,
            "if (type == SocketType.STREAM\n        && pending != null",
            "if (type == SocketType.SEQPACKET\n        && pending != null"),
        bug(
            "a failed connect to nowhere leaves no trace",
            CONNECTION,
            "state = State.CONNECTING;\n    if (!reachable) {",
            "if (!reachable) {"),
        bug(
            "peeking takes the data",
            RECEIVE,
            "peeks ? connection.received().peek(dst) : connection.received().read(dst)",
            "connection.received().read(dst)"),
        bug(
            "a wait for a whole buffer is let through",
            RECEIVE,
            "targetBytes, bufferBytes) >= 0",
            "targetBytes, bufferBytes) > 0"),
        bug(
            "truncation is not told",
            RECEIVE,
            "messageFlags |= KernelSocket.MSG_TRUNC;",
            "messageFlags |= 0;"),
        bug(
            "a message as long as the buffer is refused",
            SEND,
            "leftBytes > connection.largestMessageBytes()) {",
            "leftBytes >= connection.largestMessageBytes()) {"),
        bug(
            "a strange answer to a REQUEST is ignored",
            RULES,
            "case REQUEST, SHUTDOWN, RW, CREDIT_UPDATE, CREDIT_REQUEST, UNKNOWN ->\n                Reaction.PROTOCOL_ERROR;",
            "case REQUEST, SHUTDOWN, RW, CREDIT_UPDATE, CREDIT_REQUEST, UNKNOWN ->\n                Reaction.IGNORE;"),
        bug(
            "a CREDIT_REQUEST is not answered",
            RULES,
            "case CREDIT_REQUEST -> Reaction.ANSWER_CREDIT;",
            "case CREDIT_REQUEST -> Reaction.IGNORE;"),
        bug(
            "a child does not inherit its listener's buffer",
            SOCK,
            "stack.newSock(type, sizes, connectTimeoutNanos)",
            "stack.newSock(type, BufferSizes.DEFAULT, connectTimeoutNanos)"),
        bug(
            "a peer's close frees the address",
            SOCK,
            "if (!closed) {\n      return; // the address",
            "if (stack == null) {\n      return; // the address"),
        bug(
            "a packet from a stranger is taken",
            SOCK,
            "connection.row() == Row.DONE || comesFromPeer(header)",
            "connection.row() != Row.LISTENING"),
        bug(
            "a smaller low-water mark than none is kept",
            SOCK,
            "receiveLowWaterBytes = Math.max(1, bytes);",
            "receiveLowWaterBytes = bytes;"),
        bug(
            "privileged ports are for everybody",
            STACK,
            "&& !mayBindPrivilegedPorts)",
            "&& kernel == null)"),
        bug(
            "a length beyond the payload is believed",
            FABRIC,
            "packet.availableBytes()) <= 0;",
            "packet.availableBytes()) <= 1 << 30;"),
        bug(
            "the backlog is one shorter",
            BACKLOG,
            "waiting.size() > limit",
            "waiting.size() >= limit"),
        bug(
                "a listener leaks its backlog",
                BACKLOG,
                "return waiting.size() > limit;",
                "return added > limit;")
            .and("waiting.addLast(child);", "waiting.addLast(child); added++;")
            .and("private final int limit;", "private final int limit; private int added;"),
        bug(
            "any address and a concrete one share a port",
            BOUND,
            "bound == cid || bound == VsockAddress.CID_ANY || cid == VsockAddress.CID_ANY",
            "bound == cid"),
        bug(
            "the minimum is forgotten",
            SIZES,
            "long raised = Long.compareUnsigned(size, min) < 0 ? min : size;",
            "long raised = size;"));
  }
}
