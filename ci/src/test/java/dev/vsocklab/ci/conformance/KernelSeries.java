package dev.vsocklab.ci.conformance;

import java.util.Arrays;

/** The kernels that the cases know, oldest first: where they differ, a case says what each does. */
enum KernelSeries {
  LINUX_6_1("6.1"),
  LINUX_6_12("6.12"),
  LINUX_7("7");

  private final String series;

  KernelSeries(String series) {
    this.series = series;
  }

  /**
   * The series that a backend's kernel belongs to.
   *
   * @param kernel as in {@code vhost-user:6.1}; empty means the default, 6.12
   */
  static KernelSeries of(String kernel) {
    if (kernel.isEmpty()) {
      return LINUX_6_12;
    }
    return Arrays.stream(values())
        .filter(each -> kernel.equals(each.series))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "The conformance cases do not know Linux \""
                        + kernel
                        + "\". Add it to KernelSeries and to the cases where it differs."));
  }

  /** Whether this kernel has what came with another. */
  boolean isAtLeast(KernelSeries other) {
    return compareTo(other) >= 0;
  }

  @Override
  public String toString() {
    return series;
  }
}
