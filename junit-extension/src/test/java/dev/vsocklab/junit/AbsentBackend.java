package dev.vsocklab.junit;

import dev.vsocklab.spi.Backend;
import dev.vsocklab.spi.BackendLab;
import dev.vsocklab.spi.LabRequest;
import dev.vsocklab.spi.Unavailable;
import java.util.List;
import java.util.Optional;

/** A backend that cannot run on any machine. */
public final class AbsentBackend implements Backend {

  /** For the service loader. */
  public AbsentBackend() {}

  @Override
  public String name() {
    return "absent";
  }

  @Override
  public List<String> kernels() {
    return List.of();
  }

  @Override
  public Optional<Unavailable> unavailable(String kernel) {
    return Optional.of(
        new Unavailable("no engine on the PATH", "Install it (apt-get install it)."));
  }

  @Override
  public String describe(String kernel) {
    return "absent";
  }

  @Override
  public BackendLab open(LabRequest request) {
    throw new AssertionError("a backend that cannot run was asked for a lab");
  }

  @Override
  public void close() {}
}
