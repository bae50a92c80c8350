package dev.vsocklab.sim.connection;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.vsocklab.sim.wire.Op;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The table once more, as a table: what Linux does, written down apart from the code. */
class PacketRulesTest {
  private static final String TABLE =
      """
      row           INVALID   REQUEST        RESPONSE       RST        SHUTDOWN       RW             CREDIT_UPDATE  CREDIT_REQUEST UNKNOWN
      NO_CONNECTION REPLY_RST REPLY_RST      REPLY_RST      IGNORE     REPLY_RST      REPLY_RST      REPLY_RST      REPLY_RST      REPLY_RST
      LISTENING     REPLY_RST ACCEPT         REPLY_RST      IGNORE     REPLY_RST      REPLY_RST      REPLY_RST      REPLY_RST      REPLY_RST
      CONNECTING    IGNORE    PROTOCOL_ERROR ESTABLISH      REFUSED    PROTOCOL_ERROR PROTOCOL_ERROR PROTOCOL_ERROR PROTOCOL_ERROR PROTOCOL_ERROR
      ESTABLISHED   IGNORE    IGNORE         IGNORE         PEER_RESET PEER_SHUTDOWN  RECEIVE        UPDATE_CREDIT  ANSWER_CREDIT  IGNORE
      CLOSING       IGNORE    IGNORE         IGNORE         PEER_RESET IGNORE         IGNORE         IGNORE         IGNORE         IGNORE
      DONE          REPLY_RST REPLY_RST      REPLY_RST      IGNORE     REPLY_RST      REPLY_RST      REPLY_RST      REPLY_RST      REPLY_RST
      """;

  @Test
  void everyCellIsWhatLinuxDoes() {
    List<List<String>> lines = TABLE.lines().map(line -> Arrays.asList(line.split(" +"))).toList();
    List<String> ops = lines.get(0);
    Set<String> seen = new HashSet<>();
    for (List<String> line : lines.subList(1, lines.size())) {
      Row row = Row.valueOf(line.get(0));
      for (int column = 1; column < ops.size(); column++) {
        Op op = Op.valueOf(ops.get(column));
        assertEquals(
            Reaction.valueOf(line.get(column)),
            PacketRules.reaction(row, op),
            () -> op + " meets " + row);
        seen.add(row + " " + op);
      }
    }
    assertEquals(Row.values().length * Op.values().length, seen.size(), "cells in this table");
  }
}
