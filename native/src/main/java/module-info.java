/** The only door to libc. */
module dev.vsocklab.linux {
  requires transitive dev.vsocklab.api;
  requires com.sun.jna;
  requires static org.jspecify;

  exports dev.vsocklab.linux;
}
