package dev.vsocklab.sim.credit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class SendWindowTest {
  private static final int BUFFER = 262_144;

  private final SendWindow window = new SendWindow();

  @Test
  void nothingMayBeSentBeforeThePeerSaidAnything() {
    assertEquals(0, window.availableBytes(BUFFER));
  }

  @Test
  void sentBytesCountUntilThePeerConsumedThem() {
    window.update(BUFFER, 0);
    window.sent(1000);
    assertEquals(BUFFER - 1000, window.availableBytes(BUFFER));
    window.update(BUFFER, 400);
    assertEquals(BUFFER - 600, window.availableBytes(BUFFER));
  }

  @Test
  void countersWrapAt2To32() {
    int start = -10; // 2^32 - 10
    window.update(BUFFER, start);
    window.sent(start);
    assertEquals(BUFFER, window.availableBytes(BUFFER));
    window.sent(100);
    assertEquals(BUFFER - 100, window.availableBytes(BUFFER));
    window.update(BUFFER, 90);
    assertEquals(BUFFER, window.availableBytes(BUFFER));
  }

  @Test
  void aPeerThatShrinksItsBufferBelowWhatIsInFlightLeavesNothing() {
    window.update(BUFFER, 0);
    window.sent(5000);
    window.update(4999, 0);
    assertEquals(0, window.availableBytes(BUFFER));
  }

  @Test
  void aPeerThatClaimsToHaveConsumedWhatWasNeverSentLeavesNothing() {
    window.update(BUFFER, 1);
    assertEquals(0, window.availableBytes(BUFFER));
  }

  @Test
  void theOwnBufferBoundsWhatIsInFlight() {
    window.update(2 * 1024 * 1024, 0);
    assertEquals(65_536, window.availableBytes(65_536));
  }

  @Test
  void aBufferOf4GigabytesIsNotNegative() {
    window.update(-1, 0);
    assertEquals(0xFFFF_FFFFL, window.availableBytes(-1));
  }
}
