package dev.vsocklab.sim;

import dev.vsocklab.sim.kernel.KernelProfile;
import dev.vsocklab.spi.Backend;
import dev.vsocklab.spi.BackendLab;
import dev.vsocklab.spi.LabRequest;
import dev.vsocklab.spi.Unavailable;
import java.util.List;
import java.util.Optional;

/** The backend {@code sim}: host and guests in this JVM, in microseconds. It can always run. */
public final class SimBackend implements Backend {

  /** Creates the backend; {@link java.util.ServiceLoader} calls it. */
  public SimBackend() {}

  @Override
  public String name() {
    return "sim";
  }

  @Override
  public List<String> kernels() {
    return KernelProfile.seriesOfAll();
  }

  @Override
  public Optional<Unavailable> unavailable(String kernel) {
    return Optional.empty();
  }

  /** {@inheritDoc} The default profile goes without saying. */
  @Override
  public String describe(String kernel) {
    KernelProfile profile = KernelProfile.of(kernel);
    return profile == KernelProfile.DEFAULT ? name() : name() + " as " + profile;
  }

  @Override
  public BackendLab open(LabRequest request) {
    return new SimLab(request, KernelProfile.of(request.kernel()));
  }

  /**
   * Opens a lab whose host and guests are one simulated machine that talks to itself over CID 1, as
   * the backend {@code loopback} is one real kernel.
   *
   * @param kernel one of {@link #kernels}, or the empty string for the default
   * @return the lab; it takes any CID for that machine
   */
  public BackendLab openLoopback(String kernel) {
    return new SimLoopbackLab(KernelProfile.of(kernel));
  }

  @Override
  public void close() {}
}
