package dev.vsocklab.containers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.dockerjava.api.async.ResultCallback;
import com.github.dockerjava.api.command.CreateContainerCmd;
import com.github.dockerjava.api.model.BuildResponseItem;
import com.github.dockerjava.api.model.HostConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.startupcheck.OneShotStartupCheckStrategy;

/**
 * What a program in a container gets from {@code socket(AF_VSOCK, …)}. The program makes the socket
 * and closes it: it never binds or connects, for beyond it is this machine's own hypervisor.
 */
@Tag("containers")
@Timeout(120)
class VsockSeccompEngineTest {
  private static final String IMAGE = "vsocklab/socket-probe:test";
  private static final String PROBE =
      """
      #include <errno.h>
      #include <stdio.h>
      #include <sys/socket.h>
      #include <sys/syscall.h>
      #include <unistd.h>
      int main(void) {
        int fd = socket(40, SOCK_STREAM, 0);
        printf("vsock %d\\n", fd < 0 ? errno : 0);
        printf("unix %d\\n", socket(AF_UNIX, SOCK_STREAM, 0) < 0 ? errno : 0);
        printf("keyctl %d\\n", syscall(SYS_keyctl, 0, -3, 1) < 0 ? errno : 0);
        return 0;
      }
      """;

  /** In the form of the engines' own: what it does not name is refused. */
  private static final String ALLOW_LIST =
      """
      {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 1, "syscalls": [
        {"action": "SCMP_ACT_ALLOW", "names": [
          "access", "arch_prctl", "brk", "capget", "capset", "chdir", "clone", "close", "dup", "dup2",
          "dup3", "epoll_create1", "epoll_ctl", "epoll_pwait", "eventfd2", "execve", "exit",
          "exit_group", "faccessat", "faccessat2", "fchdir", "fchown", "fcntl", "fstat", "fstatfs", "getcwd",
          "futex", "getdents64", "getpid", "getppid", "getrandom", "gettid", "getuid", "ioctl",
          "lseek", "lstat", "madvise", "mmap", "mprotect", "munmap", "nanosleep", "newfstatat",
          "openat", "pipe2", "prctl", "prlimit64", "read", "readlink", "readlinkat", "rseq",
          "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sched_getaffinity", "sched_yield",
          "seccomp", "set_robust_list", "set_tid_address", "setgid", "setgroups", "setuid", "sigaltstack",
          "stat", "statx", "tgkill", "uname", "write"]},
        {"action": "SCMP_ACT_ALLOW", "names": ["socket"],
          "args": [{"index": 0, "value": 40, "valueTwo": 0, "op": "SCMP_CMP_NE"}]}]}
      """;

  @BeforeAll
  static void buildTheProgram(@TempDir Path folder) throws Exception {
    Files.writeString(folder.resolve("probe.c"), PROBE);
    Process gcc =
        new ProcessBuilder("gcc", "-static", "-o", "probe", "probe.c")
            .directory(folder.toFile())
            .inheritIO()
            .start();
    assertTrue(gcc.waitFor(60, TimeUnit.SECONDS) && gcc.exitValue() == 0, "gcc builds the probe");
    Files.writeString(
        folder.resolve("Dockerfile"), "FROM scratch\nCOPY probe /\nCMD [\"/probe\"]\n");
    EngineContents.client()
        .buildImageCmd(folder.toFile())
        .withTags(Set.of(IMAGE))
        .exec(new ResultCallback.Adapter<BuildResponseItem>())
        .awaitCompletion();
  }

  /** Docker 20.10 does not refuse it yet. */
  @Test
  void theDefaultProfileIsWhatIsToldOfIt() throws IOException {
    String version = EngineContents.client().versionCmd().exec().getVersion();
    int major = Integer.parseInt(version.substring(0, version.indexOf('.')));
    try (GenericContainer<?> container = container(command -> {})) {
      container.start();

      assertEquals(major >= 23 ? "1" : "0", answer(container, "vsock"));
      Optional<String> why = VsockSeccomp.explain(container.getContainerInfo());
      assertTrue(why.orElseThrow().contains("VsockSeccomp.allow()"), why::toString);
    }
  }

  @Test
  void ourProfileAllowsVsockAndStillDeniesKeyrings() throws IOException {
    try (GenericContainer<?> container = container(VsockSeccomp.allow())) {
      container.start();

      assertEquals("0", answer(container, "vsock"));
      assertEquals("0", answer(container, "unix"));
      assertEquals("1", answer(container, "keyctl"), "EPERM");
      assertEquals(Optional.empty(), VsockSeccomp.explain(container.getContainerInfo()));
    }
  }

  @Test
  void anAllowListThatRefusesVsockAsNewerEnginesDoAllowsItWithOneMoreRule() throws IOException {
    Consumer<CreateContainerCmd> asItIs =
        command -> {
          HostConfig host = Objects.requireNonNull(command.getHostConfig());
          host.withSecurityOpts(List.of("seccomp=" + ALLOW_LIST));
        };
    try (GenericContainer<?> container = container(asItIs)) {
      container.start();

      assertEquals("1", answer(container, "vsock"), "EPERM");
      assertEquals("0", answer(container, "unix"));
    }
    try (GenericContainer<?> container = container(VsockSeccomp.allow(ALLOW_LIST))) {
      container.start();

      assertEquals("0", answer(container, "vsock"));
      assertEquals("0", answer(container, "unix"));
      assertEquals("1", answer(container, "keyctl"), "what the list refuses it refuses still");
    }
  }

  private static GenericContainer<?> container(Consumer<CreateContainerCmd> modifier) {
    return new GenericContainer<>(IMAGE)
        .withImagePullPolicy(name -> false)
        .withNetworkMode("none")
        .withStartupCheckStrategy(new OneShotStartupCheckStrategy())
        .withCreateContainerCmdModifier(modifier);
  }

  private static String answer(GenericContainer<?> container, String question) {
    return container
        .getLogs()
        .lines()
        .filter(line -> line.startsWith(question + " "))
        .map(line -> line.substring(question.length() + 1))
        .findFirst()
        .orElseThrow(() -> new AssertionError("The probe said: " + container.getLogs()));
  }
}
