package dev.vsocklab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ErrnoTest {

  /** As {@code errno -l} prints them on x86-64. */
  @ParameterizedTest
  @CsvSource({
    "EPERM, 1",
    "ENOENT, 2",
    "EINTR, 4",
    "EIO, 5",
    "EBADF, 9",
    "EAGAIN, 11",
    "ENOMEM, 12",
    "EACCES, 13",
    "EFAULT, 14",
    "EBUSY, 16",
    "ENODEV, 19",
    "EINVAL, 22",
    "ENFILE, 23",
    "EMFILE, 24",
    "ENOTTY, 25",
    "EPIPE, 32",
    "ERANGE, 34",
    "EPROTO, 71",
    "EMSGSIZE, 90",
    "ENOPROTOOPT, 92",
    "EPROTONOSUPPORT, 93",
    "ESOCKTNOSUPPORT, 94",
    "EOPNOTSUPP, 95",
    "EAFNOSUPPORT, 97",
    "EADDRINUSE, 98",
    "EADDRNOTAVAIL, 99",
    "ENETUNREACH, 101",
    "ECONNRESET, 104",
    "ENOBUFS, 105",
    "EISCONN, 106",
    "ENOTCONN, 107",
    "ETIMEDOUT, 110",
    "EALREADY, 114",
    "EINPROGRESS, 115"
  })
  void numbersAreLinuxs(Errno errno, int number) {
    assertEquals(number, errno.number());
    assertEquals(Optional.of(errno), Errno.fromNumber(number));
  }

  @Test
  void theTableAboveIsWholeAndWithoutTwins() {
    assertEquals(34, Errno.values().length);
    Set<Integer> numbers = new HashSet<>();
    assertTrue(Arrays.stream(Errno.values()).allMatch(errno -> numbers.add(errno.number())));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -104, 3, 111, 4096, Integer.MAX_VALUE, Integer.MIN_VALUE})
  void otherNumbersHaveNoConstant(int number) {
    assertEquals(Optional.empty(), Errno.fromNumber(number));
  }
}
