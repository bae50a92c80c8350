package dev.vsocklab.containers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class VsockSeccompTest {
  private static final String RULE =
      "{\"names\": [\"socket\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": "
          + "[{\"index\": 0, \"value\": 40, \"valueTwo\": 0, \"op\": \"SCMP_CMP_EQ\"}]}";

  @Test
  void anAllowListGetsOneMoreRule() {
    assertEquals(
        "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [" + RULE + ",\n{\"names\": []}]}",
        VsockSeccomp.withVsock(
            "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{\"names\": []}]}"));
  }

  @Test
  void anEmptyListGetsTheRuleAlone() {
    assertEquals(
        "{\"syscalls\" : [ " + RULE + "]}", VsockSeccomp.withVsock("{\"syscalls\" : [ ]}"));
  }

  @Test
  void whatIsNoProfileIsRefusedWithTheMend() {
    IllegalArgumentException error =
        assertThrows(IllegalArgumentException.class, () -> VsockSeccomp.withVsock("{}"));
    assertTrue(String.valueOf(error.getMessage()).contains("github.com/moby/profiles"));
  }

  @Test
  void twoListsAreRefused() {
    assertThrows(
        IllegalArgumentException.class,
        () -> VsockSeccomp.withVsock("{\"syscalls\": [], \"x\": {\"syscalls\": []}}"));
  }
}
