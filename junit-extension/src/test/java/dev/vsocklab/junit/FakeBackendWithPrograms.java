package dev.vsocklab.junit;

/** The same, with guests that run programs: it is told which and runs none. */
public final class FakeBackendWithPrograms extends FakeBackend {

  /** For the service loader. */
  public FakeBackendWithPrograms() {}

  @Override
  public String name() {
    return "fake-with-programs";
  }

  @Override
  public boolean runsPrograms() {
    return true;
  }

  /** Not counted: that is the other one's. */
  @Override
  public void close() {}
}
