package dev.vsocklab.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(OpenResources.class)
class FdTest {

  @Test
  void closesItsNumberOnceHoweverOftenItIsAsked() throws IOException {
    int before = Fd.openCount();
    Fd fd = TestLibc.memFile(1);
    int number = fd.acquire();
    fd.release();
    assertEquals(before + 1, Fd.openCount());
    fd.close();
    assertFalse(isOpen(number));
    assertEquals(before, Fd.openCount());

    Fd next = TestLibc.memFile(1);
    fd.close();
    fd.close();
    assertTrue(isOpen(number), "the number was free and went to the next file");
    next.close();
  }

  @Test
  void closeDuringACallTakesEffectWhenTheCallReturns() throws IOException {
    Fd fd = TestLibc.memFile(1);
    int number = fd.acquire();
    fd.close();
    assertTrue(isOpen(number));
    assertThrows(IOException.class, fd::acquire);
    fd.release();
    assertFalse(isOpen(number));
  }

  @Test
  void refusesANegativeNumberBecauseThatIsAnError() {
    assertThrows(IllegalArgumentException.class, () -> Fd.adopt(-1, "nothing"));
  }

  @Test
  void saysWhenSomebodyElseClosedItsNumber() throws IOException {
    Fd owner = TestLibc.memFile(1);
    int number = owner.acquire();
    owner.release();
    Fd thief = Fd.adopt(number, "the same file");
    thief.close();
    IllegalStateException e = assertThrows(IllegalStateException.class, owner::close);
    assertTrue(e.toString().contains("closed by somebody else"), e.toString());
  }

  private static boolean isOpen(int number) {
    return Files.exists(
        Path.of("/proc/self/fd/" + number), java.nio.file.LinkOption.NOFOLLOW_LINKS);
  }
}
