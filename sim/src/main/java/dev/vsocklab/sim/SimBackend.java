package dev.vsocklab.sim;

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
    return List.of();
  }

  @Override
  public Optional<Unavailable> unavailable(String kernel) {
    return Optional.empty();
  }

  @Override
  public String describe(String kernel) {
    return name();
  }

  @Override
  public BackendLab open(LabRequest request) {
    return new SimLab(request);
  }

  @Override
  public void close() {}
}
