package dev.vsocklab.sim.stack;

/** Cuts reads and writes short, as signals and full buffers do. Safe for any number of threads. */
public interface CallLimits {

  /**
   * How much a read gets at most.
   *
   * @param wantedBytes what it asks for, 1 or more
   * @return 1 to {@code wantedBytes}
   */
  int readBytes(int wantedBytes);

  /**
   * How much a write takes at most.
   *
   * @param wantedBytes what it is given, 1 or more
   * @return 1 to {@code wantedBytes}
   */
  int writeBytes(int wantedBytes);
}
