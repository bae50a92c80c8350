/** {@code @VsockTest}: one JUnit class, every backend. */
module dev.vsocklab.junit {
  requires transitive dev.vsocklab.api;
  requires transitive dev.vsocklab.sim;
  requires transitive org.junit.jupiter.api;
  requires org.junit.platform.engine;
  requires static org.apiguardian.api;
  requires static org.jspecify;

  // Each is needed only by who uses it: @SpyVsock, and properties. Not transitive, or every module
  // that requires this one could not be compiled without them.
  requires static org.mockito;
  requires static net.jqwik.api;

  exports dev.vsocklab.junit;
  exports dev.vsocklab.junit.jqwik;

  // Jupiter makes the extensions, which nobody else needs to see.
  opens dev.vsocklab.junit to
      org.junit.platform.commons;

  uses dev.vsocklab.spi.Backend;

  provides net.jqwik.api.lifecycle.LifecycleHook with
      dev.vsocklab.junit.LabPerTry;
}
