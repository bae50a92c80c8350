package dev.vsocklab.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(OpenResources.class)
class EventFdTest {

  @Test
  void drainTakesAllSignalsAndThenFindsNone() throws IOException {
    try (EventFd event = EventFd.create("a test's event")) {
      event.signal();
      event.signal();
      assertEquals(2, event.drain());
      assertEquals(0, event.drain());
    }
  }

  @Test
  void anOddReadIsAnErrorAndNotACount() throws IOException {
    try (EventFd event = new EventFd(TestLibc.memFile(3))) {
      IOException e = assertThrows(IOException.class, event::drain);
      assertTrue(e.toString().contains("3 bytes"), e.toString());
    }
  }

  @Test
  void afterCloseItThrows() throws IOException {
    EventFd event = EventFd.create("a test's event");
    event.close();
    assertThrows(IOException.class, event::signal);
    assertThrows(IOException.class, event::drain);
  }
}
