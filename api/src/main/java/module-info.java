/**
 * What a program and a test see of vsocklab: addresses, providers, options, errors, machines and
 * labs. Depends on nothing but the JDK.
 */
module dev.vsocklab.api {
  requires static org.jspecify;

  exports dev.vsocklab;
  exports dev.vsocklab.fault;
  exports dev.vsocklab.spi;
  exports dev.vsocklab.spi.nio;
}
