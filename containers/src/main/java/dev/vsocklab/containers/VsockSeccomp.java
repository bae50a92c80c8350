package dev.vsocklab.containers;

import com.github.dockerjava.api.command.CreateContainerCmd;
import com.github.dockerjava.api.command.InspectContainerResponse;
import com.github.dockerjava.api.model.HostConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Lets a container open vsocks. The seccomp profiles that newer engines apply by default (Docker
 * from 23 on) refuse {@code socket(AF_VSOCK, …)}, because vsock has no namespaces: a container with
 * it reaches the machine's hypervisor. The containers in which vsocklab runs QEMU need none of
 * this; containers with a program under test may.
 *
 * <pre>{@code
 * new GenericContainer<>("my-agent").withCreateContainerCmdModifier(VsockSeccomp.allow());
 * }</pre>
 */
public final class VsockSeccomp {
  private static final String OPTION = "seccomp=";
  private static final String OPTION_OLD = "seccomp:"; // Docker's API takes it still

  /** What makes an allow-list one that allows vsock as well. 40 is AF_VSOCK. */
  private static final String RULE =
      """
      {"names": ["socket"], "action": "SCMP_ACT_ALLOW", "args": \
      [{"index": 0, "value": 40, "valueTwo": 0, "op": "SCMP_CMP_EQ"}]}""";

  private static final Pattern SYSCALLS = Pattern.compile("\"syscalls\"\\s*:\\s*\\[\\s*(]?)");

  private VsockSeccomp() {}

  /**
   * Runs a container under this library's own profile, which allows what Linux allows a process
   * without privileges, vsock among it, and denies with EPERM the calls that get at the kernel
   * itself: modules, kexec, bpf, keyrings, mounts, namespaces, other processes' memory, clocks and
   * their like. It is a list of what is denied, and so weaker than Docker's default, a list of what
   * is allowed: right for tests. For Docker's own plus vsock use {@link #allow(String)}.
   *
   * @return a modifier for {@code withCreateContainerCmdModifier}
   */
  public static Consumer<CreateContainerCmd> allow() {
    return underProfile(Scripts.text("vsock-seccomp.json"));
  }

  /**
   * Runs a container under a profile of the user's, to which the call {@code socket(AF_VSOCK, …)}
   * is added. Docker's default is {@code seccomp/default.json} in github.com/moby/profiles, to be
   * taken in the version of the engine; Podman's is {@code /usr/share/containers/seccomp.json}.
   *
   * @param profile a seccomp profile in the engine's JSON, a list of what is allowed
   * @return a modifier for {@code withCreateContainerCmdModifier}
   * @throws IllegalArgumentException if the text has not one list of system calls
   */
  public static Consumer<CreateContainerCmd> allow(String profile) {
    return underProfile(withVsock(profile));
  }

  /** An allow-list with one more rule. */
  static String withVsock(String profile) {
    Matcher syscalls = SYSCALLS.matcher(profile);
    if (!syscalls.find()) {
      throw new IllegalArgumentException(
          "This is no seccomp profile: it has no list \"syscalls\". Take the engine's default, for"
              + " example seccomp/default.json of github.com/moby/profiles.");
    }
    boolean empty = !syscalls.group(1).isEmpty();
    int at = syscalls.start(1);
    if (syscalls.find()) {
      throw new IllegalArgumentException(
          "This seccomp profile has more than one list \"syscalls\". Merge them into one.");
    }
    return profile.substring(0, at) + RULE + (empty ? "" : ",\n") + profile.substring(at);
  }

  private static Consumer<CreateContainerCmd> underProfile(String profile) {
    return command -> {
      HostConfig host = Objects.requireNonNull(command.getHostConfig());
      List<String> options = new ArrayList<>();
      if (host.getSecurityOpts() != null) {
        options.addAll(host.getSecurityOpts());
      }
      options.removeIf(VsockSeccomp::isSeccomp);
      options.add(OPTION + profile);
      host.withSecurityOpts(options);
    };
  }

  /**
   * Why {@code socket(AF_VSOCK, …)} failed in a container, if its seccomp profile can be the
   * reason. A program there sees EPERM from Docker and EAFNOSUPPORT or EINVAL from others, and none
   * of them says why.
   *
   * @param container what the engine tells of it: {@code container.getContainerInfo()}
   * @return a sentence with the mend for a container under the engine's default profile; empty for
   *     one that was given another profile, none, or all privileges
   */
  public static Optional<String> explain(InspectContainerResponse container) {
    HostConfig host = container.getHostConfig();
    boolean ownProfile =
        host != null
            && host.getSecurityOpts() != null
            && host.getSecurityOpts().stream().anyMatch(VsockSeccomp::isSeccomp);
    if (ownProfile || (host != null && Boolean.TRUE.equals(host.getPrivileged()))) {
      return Optional.empty();
    }
    return Optional.of(
        "The container "
            + container.getName()
            + " cannot open a vsock: it runs under the engine's default seccomp profile, which refuses"
            + " socket(AF_VSOCK) with EPERM or EAFNOSUPPORT (Docker from 23 on). Start it with"
            + " .withCreateContainerCmdModifier(VsockSeccomp.allow()).");
  }

  private static boolean isSeccomp(String option) {
    return option.startsWith(OPTION) || option.startsWith(OPTION_OLD);
  }
}
