package dev.vsocklab.qemu;

import static dev.vsocklab.qemu.testing.Failures.assertSays;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.vsocklab.qemu.VhostWay.Choice;
import dev.vsocklab.qemu.VhostWay.Node;
import dev.vsocklab.spi.Unavailable;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class VhostWayTest {
  private static final Node USABLE = () -> {};
  private static final Node ABSENT = failing(new NoSuchFileException("/dev/vhost-vsock"));
  private static final Node FORBIDDEN = failing(new AccessDeniedException("/dev/vhost-vsock"));
  private static final Node DEAD = failing(new IOException("/dev/vhost-vsock: No such device"));

  @Test
  void aNodeThatOpensIsUsed() {
    assertEquals(
        new Choice(VhostWay.LOCAL, Optional.empty(), Optional.empty()),
        VhostWay.choose(null, USABLE));
  }

  @Test
  void withoutANodeTheHostIsNestedAndNobodyIsToldOff() {
    assertEquals(
        new Choice(VhostWay.NESTED, Optional.empty(), Optional.empty()),
        VhostWay.choose(null, ABSENT));
  }

  @Test
  void aNodeThatIsHereAndDoesNotOpenIsPassedOverWithTheMend() {
    Choice forbidden = VhostWay.choose(null, FORBIDDEN);
    assertEquals(VhostWay.NESTED, forbidden.way());
    assertEquals(Optional.empty(), forbidden.problem());
    assertSays(forbidden.passedOver().orElseThrow().mend(), "usermod -aG kvm");
    assertSays(forbidden.passedOver().orElseThrow().mend(), "udev");

    Choice dead = VhostWay.choose(null, DEAD);
    assertEquals(VhostWay.NESTED, dead.way());
    assertSays(dead.passedOver().orElseThrow().why(), "No such device");
  }

  @Test
  void whoInsistsOnThisMachineIsToldWhatIsMissing() {
    assertEquals(Optional.empty(), VhostWay.choose("local", USABLE).problem());
    Unavailable absent = VhostWay.choose("local", ABSENT).problem().orElseThrow();
    assertSays(absent.message("vhost"), "there is no /dev/vhost-vsock. Load the module: sudo");
    assertSays(absent.mend(), "modprobe vhost_vsock");
    assertSays(
        VhostWay.choose("local", FORBIDDEN).problem().orElseThrow().why(), "may not be opened by");
    assertSays(
        VhostWay.choose("local", DEAD).problem().orElseThrow().mend(), "modprobe vhost_vsock");
  }

  @Test
  void whoInsistsOnANestedHostGetsItEvenWhereTheNodeOpens() {
    assertEquals(
        new Choice(VhostWay.NESTED, Optional.empty(), Optional.empty()),
        VhostWay.choose("nested", USABLE));
  }

  @Test
  void anUnknownWayIsAnsweredWithThoseThatAre() {
    Unavailable why = VhostWay.choose("remote", USABLE).problem().orElseThrow();
    assertSays(
        why.message("vhost"), "-Dvsocklab.vhost=remote names no host. Write local or nested");
  }

  private static Node failing(IOException why) {
    return () -> {
      throw why;
    };
  }
}
