package dev.vsocklab.spi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.spi.LabRequest.GuestRequest;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LabRequestTest {

  @ParameterizedTest
  @ValueSource(longs = {-1, 0, 1, 2, 4_294_967_295L, 4_294_967_296L, Long.MAX_VALUE})
  void reservedAndImpossibleCidsAreRefused(long cid) {
    String message =
        assertThrows(IllegalArgumentException.class, () -> new GuestRequest(cid, false)).toString();
    assertTrue(message.contains("CID " + cid + " is not a guest's"), message);
    assertTrue(message.contains("Choose 3 to 4294967294"), message);
  }

  @ParameterizedTest
  @ValueSource(longs = {3, 42, 2_147_483_648L, 4_294_967_294L})
  void allOtherCidsAreAGuests(long cid) {
    assertEquals(cid, new GuestRequest(cid, true).cid());
  }

  @Test
  void twoGuestsWithOneCidAreRefusedByItsNumber() {
    List<GuestRequest> twins =
        List.of(
            new GuestRequest(42, false), new GuestRequest(43, false), new GuestRequest(42, true));
    String message =
        assertThrows(IllegalArgumentException.class, () -> new LabRequest("test", "", twins))
            .toString();
    assertTrue(message.contains("CID 42"), message);
    assertTrue(message.contains("its own CID"), message);
  }

  @Test
  void guestsAreCopiedInTheirOrder() {
    List<GuestRequest> guests =
        new ArrayList<>(List.of(new GuestRequest(43, false), new GuestRequest(42, false)));
    LabRequest request = new LabRequest("test", "6.1", guests);
    guests.clear();
    assertEquals(List.of(43L, 42L), request.guests().stream().map(GuestRequest::cid).toList());
    assertThrows(UnsupportedOperationException.class, () -> request.guests().clear());
  }

  @Test
  void unavailableSaysWhatWhyAndTheMendInOneLine() {
    assertEquals(
        "Backend vhost-user cannot run: no qemu-system-x86_64 on the PATH. Install QEMU.",
        new Unavailable("no qemu-system-x86_64 on the PATH", "Install QEMU.")
            .message("vhost-user"));
  }
}
