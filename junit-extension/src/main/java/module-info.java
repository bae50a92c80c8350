/** {@code @VsockTest}: one JUnit class, every backend. */
module dev.vsocklab.junit {
  requires transitive dev.vsocklab.api;
  requires dev.vsocklab.sim;
  requires transitive org.junit.jupiter.api;
  requires static transitive org.jspecify;

  uses dev.vsocklab.spi.Backend;
}
