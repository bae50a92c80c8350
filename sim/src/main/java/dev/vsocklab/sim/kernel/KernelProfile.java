package dev.vsocklab.sim.kernel;

import static dev.vsocklab.sim.kernel.KernelHabit.CONNECT_CLEARS_ERROR;
import static dev.vsocklab.sim.kernel.KernelHabit.EPIPE_GIVES_WAY_TO_PENDING_ERROR;
import static dev.vsocklab.sim.kernel.KernelHabit.HAS_SIOCINQ;
import static dev.vsocklab.sim.kernel.KernelHabit.HAS_SIOCOUTQ;
import static dev.vsocklab.sim.kernel.KernelHabit.LARGE_PACKETS_ARE_PAGED;
import static dev.vsocklab.sim.kernel.KernelHabit.LINGER_WAITS_FOR_UNSENT;
import static dev.vsocklab.sim.kernel.KernelHabit.LOW_WATER_TELLS_CREDIT;
import static dev.vsocklab.sim.kernel.KernelHabit.QUEUE_IS_BOUNDED_BY_PACKETS;
import static dev.vsocklab.sim.kernel.KernelHabit.SEQPACKET_CAN_PEEK;
import static dev.vsocklab.sim.kernel.KernelHabit.SMALL_PACKETS_HAVE_A_CACHE;
import static dev.vsocklab.sim.kernel.KernelHabit.SOURCE_IS_CHECKED;
import static dev.vsocklab.sim.kernel.KernelHabit.TRANSPORT_ERRORS_KEEP_THEIR_ERRNO;
import static dev.vsocklab.sim.kernel.KernelHabit.UNKNOWN_IOCTL_IS_ENOTTY;
import static dev.vsocklab.sim.kernel.KernelHabit.UNREAD_COUNTS_WHOLE_PACKETS;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** A Linux as the simulator plays it: the habits in which it differs from the others. */
public enum KernelProfile {
  /** Debian 12's kernel, 6.1.y with its backports; held against a running 6.1.192. */
  LINUX_6_1("6.1", true, EnumSet.of(UNREAD_COUNTS_WHOLE_PACKETS, SOURCE_IS_CHECKED)),

  /** Debian 12's backported kernel, 6.12.y; held against a running 6.12.117. The default. */
  LINUX_6_12(
      "6.12",
      true,
      EnumSet.of(
          QUEUE_IS_BOUNDED_BY_PACKETS,
          LARGE_PACKETS_ARE_PAGED,
          SMALL_PACKETS_HAVE_A_CACHE,
          TRANSPORT_ERRORS_KEEP_THEIR_ERRNO,
          SEQPACKET_CAN_PEEK,
          EPIPE_GIVES_WAY_TO_PENDING_ERROR,
          CONNECT_CLEARS_ERROR,
          LOW_WATER_TELLS_CREDIT,
          HAS_SIOCOUTQ,
          UNKNOWN_IOCTL_IS_ENOTTY,
          SOURCE_IS_CHECKED)),

  /**
   * Mainline of mid-2026, around 7.1, read but not booted: not verified against a running kernel.
   */
  LINUX_7(
      "7",
      false,
      EnumSet.of(
          QUEUE_IS_BOUNDED_BY_PACKETS,
          LARGE_PACKETS_ARE_PAGED,
          SMALL_PACKETS_HAVE_A_CACHE,
          TRANSPORT_ERRORS_KEEP_THEIR_ERRNO,
          SEQPACKET_CAN_PEEK,
          EPIPE_GIVES_WAY_TO_PENDING_ERROR,
          CONNECT_CLEARS_ERROR,
          LOW_WATER_TELLS_CREDIT,
          HAS_SIOCOUTQ,
          HAS_SIOCINQ,
          UNKNOWN_IOCTL_IS_ENOTTY,
          LINGER_WAITS_FOR_UNSENT));

  /** What a machine runs if nobody chooses. */
  public static final KernelProfile DEFAULT = LINUX_6_12;

  private final String series;
  private final boolean verified;

  @SuppressWarnings("ImmutableEnumChecker") // nobody else has it, and nobody here changes it
  private final Set<KernelHabit> habits;

  KernelProfile(String series, boolean verified, Set<KernelHabit> habits) {
    this.series = series;
    this.verified = verified;
    this.habits = habits;
  }

  /**
   * The profile for a kernel series.
   *
   * @param series for example {@code 6.1}; the empty string for the default
   * @return the profile
   * @throws IllegalArgumentException if there is none, with those that there are
   */
  public static KernelProfile of(String series) {
    if (series.isEmpty()) {
      return DEFAULT;
    }
    for (KernelProfile profile : values()) {
      if (profile.series.equals(series)) {
        return profile;
      }
    }
    throw new IllegalArgumentException(
        "The simulator has no kernel "
            + series
            + "; it has "
            + String.join(", ", seriesOfAll())
            + ".");
  }

  /**
   * What can be chosen.
   *
   * @return the series of all profiles, the default first
   */
  public static List<String> seriesOfAll() {
    return Arrays.stream(values())
        .sorted((a, b) -> Boolean.compare(b == DEFAULT, a == DEFAULT))
        .map(KernelProfile::series)
        .toList();
  }

  /**
   * The kernel series.
   *
   * @return for example {@code 6.1}
   */
  public String series() {
    return series;
  }

  /**
   * Whether a running kernel of this series has judged the profile.
   *
   * @return false if it was only read
   */
  public boolean isVerified() {
    return verified;
  }

  /**
   * Whether this kernel does something.
   *
   * @param habit what
   * @return true if it does
   */
  public boolean has(KernelHabit habit) {
    return habits.contains(habit);
  }

  @Override
  public String toString() {
    return "Linux " + series + (verified ? "" : " (not verified against a running kernel)");
  }
}
