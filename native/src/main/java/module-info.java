/** The only door to libc, and AF_VSOCK of the kernel that runs this JVM. */
module dev.vsocklab.linux {
  requires transitive dev.vsocklab.api;
  requires com.sun.jna;
  requires static org.jspecify;

  exports dev.vsocklab.linux;
}
