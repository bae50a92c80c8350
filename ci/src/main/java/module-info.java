/**
 * The demo and the benchmarks; in its tests the contract and the architecture rules. Not published:
 * the scripts run it.
 */
module dev.vsocklab.ci {
  requires dev.vsocklab.api;
  requires dev.vsocklab.sim;
  requires dev.vsocklab.linux;
  requires dev.vsocklab.qemu;
  requires dev.vsocklab.junit;
  requires java.management;
  requires jmh.core;
  requires org.junit.jupiter.api;
  requires org.junit.platform.launcher;
  requires static org.jspecify;
}
