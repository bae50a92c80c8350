package dev.vsocklab.qemu.launch;

import static dev.vsocklab.qemu.testing.Failures.assertSays;
import static dev.vsocklab.qemu.testing.Failures.messageOf;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.vsocklab.spi.Unavailable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LauncherChoiceTest {
  private static final QemuBinary QEMU = new QemuBinary(Path.of("/opt/qemu"));
  private static final Unavailable NO_ENGINE =
      new Unavailable("no container engine was found", "Start one.");

  private final Launcher container = new NoLauncher();

  @Test
  void autoTakesTheProcessWhereQemuIsInstalled() throws IOException {
    LauncherChoice choice = choice("auto", Optional.of(QEMU), engine());

    assertEquals(Optional.empty(), choice.unavailable());
    assertEquals(new ProcessLauncher(QEMU), choice.find("vhost-user"));
  }

  @Test
  void autoTakesAContainerWhereOnlyAnEngineAnswers() throws IOException {
    LauncherChoice choice = choice("auto", Optional.empty(), engine());

    assertEquals(Optional.empty(), choice.unavailable());
    assertSame(container, choice.find("vhost-user"));
  }

  @Test
  void autoWithNeitherTellsBothReasonsAndBothMends() {
    LauncherChoice choice = choice("auto", Optional.empty(), noEngine());

    assertSays(
        messageOf(IOException.class, () -> choice.find("vhost-user")),
        "Backend vhost-user cannot run: no qemu-system-x86_64 on the PATH",
        "in a container neither: no container engine was found",
        "apt-get install qemu-system-x86",
        "Start one.");
  }

  @Test
  void aContainerThatIsAskedForIsTakenThoughQemuIsInstalled() throws IOException {
    assertSame(container, choice("container", Optional.of(QEMU), engine()).find("vhost-user"));
  }

  @Test
  void aContainerThatIsAskedForIsNotReplacedByAProcess() {
    LauncherChoice choice = choice("container", Optional.of(QEMU), noEngine());

    assertEquals(Optional.of(NO_ENGINE), choice.unavailable());
    assertSays(messageOf(IOException.class, () -> choice.find("vhost-user")), "Start one.");
  }

  @Test
  void aProcessThatIsAskedForIsNotReplacedByAContainer() {
    LauncherChoice choice = choice("process", Optional.empty(), engine());

    assertSays(
        messageOf(IOException.class, () -> choice.find("vhost-user")),
        "no qemu-system-x86_64 on the PATH");
  }

  @Test
  void withoutTheModuleTheMessageNamesTheDependencyToAdd() {
    LauncherChoice choice = choice("container", Optional.of(QEMU), Optional.empty());

    assertSays(
        messageOf(IOException.class, () -> choice.find("vhost-user")),
        "nothing on the class path runs QEMU in a container",
        "dev.vsocklab:vsocklab-testcontainers");
  }

  @Test
  void aWordThatNamesNoLauncherIsRefused() {
    LauncherChoice choice = choice("docker", Optional.of(QEMU), engine());

    assertSays(
        messageOf(IOException.class, () -> choice.find("vhost-user")),
        "-Dvsocklab.qemu=docker names no launcher. Write process, container or auto.");
  }

  private static LauncherChoice choice(
      String wanted, Optional<QemuBinary> binary, Optional<LauncherProvider> containers) {
    return new LauncherChoice(() -> wanted, () -> binary, () -> containers);
  }

  private Optional<LauncherProvider> engine() {
    return Optional.of(new FakeProvider(Optional.empty(), container));
  }

  private Optional<LauncherProvider> noEngine() {
    return Optional.of(new FakeProvider(Optional.of(NO_ENGINE), container));
  }

  private record FakeProvider(Optional<Unavailable> unavailable, Launcher launcher)
      implements LauncherProvider {}

  private static final class NoLauncher implements Launcher {
    @Override
    public Running launch(RunFolder folder, List<String> arguments) {
      throw new UnsupportedOperationException();
    }

    @Override
    public String identity() {
      return "none";
    }
  }
}
