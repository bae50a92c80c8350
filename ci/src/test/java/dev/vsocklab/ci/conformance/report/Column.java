package dev.vsocklab.ci.conformance.report;

/**
 * Where the cases run.
 *
 * @param backend the backend's name
 * @param kernel the kernel that it runs or simulates, for a person
 * @param way who is the client
 */
public record Column(String backend, String kernel, String way) {
  @Override
  public String toString() {
    return backend + ", Linux " + kernel + ", " + way;
  }
}
