package dev.vsocklab.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import dev.vsocklab.Machine;
import dev.vsocklab.spi.Backend;
import dev.vsocklab.spi.BackendLab;
import dev.vsocklab.spi.LabRequest;
import dev.vsocklab.spi.Unavailable;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/** A backend lives as long as the launcher session, and then ends. */
class BackendLifetimeTest {

  @VsockTest
  static class Sample {
    @Test
    void test(@Host Machine host) {}
  }

  @Test
  void oneInstanceServesEveryRunOfALauncherSessionAndIsClosedWithIt() {
    FakeBackend.forget();
    int closedBeforeTheEnd =
        SampleRun.withSettings(
            Map.of(Settings.BACKENDS, "fake"), BackendLifetimeTest::runTwiceInOneSession);
    assertEquals(0, closedBeforeTheEnd);
    assertEquals(1, FakeBackend.closedBackends());
    assertEquals(2, FakeBackend.labs().size());
    assertSame(FakeBackend.labs().get(0).backend(), FakeBackend.labs().get(1).backend());
  }

  private static int runTwiceInOneSession() {
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request().selectors(selectClass(Sample.class)).build();
    SummaryGeneratingListener listener = new SummaryGeneratingListener();
    try (LauncherSession session = LauncherFactory.openSession()) {
      for (int run = 0; run < 2; run++) {
        session.getLauncher().execute(request, listener);
        assertEquals(1, listener.getSummary().getTestsSucceededCount());
      }
      return FakeBackend.closedBackends();
    }
  }

  @Test
  void everyBackendIsClosedAndEveryFailureIsKept() {
    FakeBackend.forget();
    Backends backends =
        new Backends(List.of(new NotClosing("a"), new FakeBackend(), new NotClosing("z")));
    RuntimeException e = assertThrows(RuntimeException.class, backends::close);
    assertEquals("a does not end", e.getMessage());
    assertEquals("z does not end", e.getSuppressed()[0].getMessage());
    assertEquals(1, FakeBackend.closedBackends());
  }

  private record NotClosing(String name) implements Backend {

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
      return name;
    }

    @Override
    public BackendLab open(LabRequest request) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
      throw new IllegalStateException(name + " does not end");
    }
  }
}
