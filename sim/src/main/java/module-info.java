/** The in-JVM simulator of AF_VSOCK: a host, its guests, and the fabric between them. */
module dev.vsocklab.sim {
  requires transitive dev.vsocklab.api;
  requires static org.jspecify;

  exports dev.vsocklab.sim.capture;
  exports dev.vsocklab.sim.choice;
  exports dev.vsocklab.sim;
  exports dev.vsocklab.sim.wire;
  exports dev.vsocklab.sim.fabric;
  exports dev.vsocklab.sim.check;
  exports dev.vsocklab.sim.fault;
  exports dev.vsocklab.sim.stack;
  exports dev.vsocklab.sim.connection;
  exports dev.vsocklab.sim.kernel;

  provides dev.vsocklab.spi.Backend with
      dev.vsocklab.sim.SimBackend;
}
