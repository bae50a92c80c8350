/** Stock Linux guests in QEMU: images, agent, launcher, the vhost-user-vsock device. */
@SuppressWarnings("module") // the module that runs QEMU in containers is built after this one
module dev.vsocklab.qemu {
  requires transitive dev.vsocklab.api;
  requires dev.vsocklab.sim;
  requires dev.vsocklab.linux;
  requires static org.jspecify;

  exports dev.vsocklab.qemu;
  exports dev.vsocklab.qemu.agent;
  exports dev.vsocklab.qemu.launch to
      dev.vsocklab.containers;

  uses dev.vsocklab.qemu.launch.LauncherProvider;

  provides dev.vsocklab.spi.Backend with
      dev.vsocklab.qemu.VhostUserBackend,
      dev.vsocklab.qemu.LoopbackBackend,
      dev.vsocklab.qemu.VhostBackend;
}
