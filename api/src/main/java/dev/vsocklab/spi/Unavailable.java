package dev.vsocklab.spi;

/**
 * Why a backend cannot run here, and what would change that.
 *
 * @param why one clause, for example {@code no qemu-system-x86_64 on the PATH}
 * @param mend one sentence, for example {@code Install it (Debian: apt-get install
 *     qemu-system-x86).}
 */
public record Unavailable(String why, String mend) {

  /**
   * The whole message.
   *
   * @param backend the backend's name
   * @return one line: what, why, the mend
   */
  public String message(String backend) {
    return "Backend " + backend + " cannot run: " + why + ". " + mend;
  }
}
