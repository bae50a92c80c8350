/** {@code @VsockTest}: one JUnit class, every backend. */
module dev.vsocklab.junit {
  requires transitive dev.vsocklab.api;
  requires transitive dev.vsocklab.sim;
  requires transitive org.junit.jupiter.api;
  requires org.junit.platform.engine;
  requires static org.apiguardian.api;
  requires static org.jspecify;

  exports dev.vsocklab.junit;

  // Jupiter makes the extensions, which nobody else needs to see.
  opens dev.vsocklab.junit to
      org.junit.platform.commons;

  uses dev.vsocklab.spi.Backend;
}
