package dev.vsocklab.ci.teeth;

import static dev.vsocklab.ci.teeth.Mutation.bug;

import dev.vsocklab.sim.check.Checker;
import java.util.EnumMap;
import java.util.Map;

/** One bug for each checker: one that it must see, and that no other is to see. */
final class CheckerMutations {
  private CheckerMutations() {}

  static Map<Checker, Mutation> all() {
    Map<Checker, Mutation> bugs = new EnumMap<>(Checker.class);
    for (Checker checker : Checker.values()) {
      bugs.put(checker, bugFor(checker));
    }
    return bugs;
  }

  private static Mutation bugFor(Checker checker) {
    return switch (checker) {
      case PREFIX ->
          bug(
              "a packet that is kept has the bytes of the buffer's beginning",
              "wire/Packet.java",
              "payload.get(offset, copy);",
              "payload.get(0, copy);");
      case CREDIT ->
          bug(
              "the window is one byte too large",
              "credit/SendWindow.java",
              "largestBytes(ownBufAlloc) - Wrapping32",
              "largestBytes(ownBufAlloc) + 1 - Wrapping32");
      case FWD_CNT ->
          bug(
              "fwd_cnt counts packets too",
              "credit/ReceiveBuffer.java",
              "fwdCnt += whole;",
              "fwdCnt += whole + 1;");
      case CONSERVATION ->
          bug(
              "packets of 7 bytes are lost",
              "fabric/Fabric.java",
              "packet.availableBytes()) <= 0;",
              "packet.availableBytes()) <= 0 && packet.header().lengthBytes() != 7;");
      case SHUTDOWN ->
          bug(
              "the second shutdown() forgets the first",
              "connection/Connection.java",
              "localShutdown |= flags;",
              "localShutdown = flags;");
      case REQUEST ->
          bug(
              "a REQUEST to a port that nobody has is not answered",
              "stack/Stack.java",
              "wanted = PacketRules.reaction",
              "wanted = op == Op.REQUEST || PacketRules.reaction");
      case RST ->
          bug(
              "a connection that is over answers RST with RST",
              "connection/PacketRules.java",
              "case DONE ->\n          switch (op) {\n            case RST -> Reaction.IGNORE;",
              "case DONE ->\n          switch (op) {\n            case RST -> Reaction.REPLY_RST;");
      case MESSAGE ->
          bug(
              "the end of a record is forgotten",
              "credit/ReceiveBuffer.java",
              "messageFlags = packets.flags(at);",
              "messageFlags = packets.flags(at) & Header.SEQ_EOM;");
      case WAITERS ->
          bug(
              "close() wakes nobody",
              "stack/Sock.java",
              "    wakeReaders();\n    wakeWriters();\n    watch.closed();",
              "    watch.closed();");
      case LEAK ->
          bug(
              "a closed listener keeps its port",
              "stack/Sock.java",
              "    if (inBoundTable) {\n      inBoundTable = false;",
              "    if (inBoundTable && backlog == null) {\n      inBoundTable = false;");
      case PROGRESS ->
          bug(
              "data wakes nobody",
              "connection/Connection.java",
              "flags)) {\n      effects.wakeReaders();\n      return;",
              "flags)) {\n      return;");
    };
  }
}
