package dev.vsocklab.qemu;

import dev.vsocklab.spi.Unavailable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Which kernel is the host of backend {@code vhost}: this machine's own, or a nested host's. */
enum VhostWay {
  /** This machine's kernel, through {@code /dev/vhost-vsock}. */
  LOCAL("this machine's /dev/vhost-vsock"),
  /** The kernel of a machine in QEMU, in which QEMU runs the guests. */
  NESTED("nested host");

  /** The system property that decides: {@code local} or {@code nested}. */
  static final String PROPERTY = "vsocklab.vhost";

  private static final Path NODE = Path.of("/dev/vhost-vsock");

  private final String text;

  VhostWay(String text) {
    this.text = text;
  }

  /** Tries the device node; tests put fakes in its place. */
  interface Node {
    /** Opens and closes it: only that tells whether there is a driver behind it. */
    void open() throws IOException;
  }

  /**
   * What was found.
   *
   * @param way the host
   * @param problem why it cannot be that, where the build insists on it
   * @param passedOver why it is not this machine's kernel, where that is here but not usable
   */
  record Choice(VhostWay way, Optional<Unavailable> problem, Optional<Unavailable> passedOver) {}

  /** The node of this machine. */
  static Node thisMachine() {
    return () -> FileChannel.open(NODE, StandardOpenOption.READ, StandardOpenOption.WRITE).close();
  }

  /**
   * Chooses: this machine's kernel where it can, else a nested host.
   *
   * @param named what {@link #PROPERTY} says, or null
   */
  static Choice choose(@Nullable String named, Node node) {
    if (named == null) {
      Optional<Unavailable> why = problem(node);
      if (why.isEmpty()) {
        return new Choice(LOCAL, why, why);
      }
      Optional<Unavailable> worthTelling = isAbsent(node) ? Optional.empty() : why;
      return new Choice(NESTED, Optional.empty(), worthTelling);
    }
    return switch (named) {
      case "local" -> new Choice(LOCAL, problem(node), Optional.empty());
      case "nested" -> new Choice(NESTED, Optional.empty(), Optional.empty());
      default ->
          new Choice(
              NESTED,
              Optional.of(
                  new Unavailable(
                      "-D" + PROPERTY + "=" + named + " names no host",
                      "Write local or nested, or leave it out.")),
              Optional.empty());
    };
  }

  private static boolean isAbsent(Node node) {
    try {
      node.open();
      return false;
    } catch (NoSuchFileException e) {
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static Optional<Unavailable> problem(Node node) {
    try {
      node.open();
      return Optional.empty();
    } catch (NoSuchFileException e) {
      return Optional.of(
          new Unavailable(
              "there is no " + NODE,
              "Load the module: sudo modprobe vhost_vsock. Or leave -D"
                  + PROPERTY
                  + " out, and a nested host is used."));
    } catch (AccessDeniedException e) {
      return Optional.of(
          new Unavailable(
              NODE + " may not be opened by " + System.getProperty("user.name"),
              "Give it to a group of yours: echo 'KERNEL==\"vhost-vsock\", GROUP=\"kvm\","
                  + " MODE=\"0660\"' | sudo tee /etc/udev/rules.d/60-vhost-vsock.rules, sudo"
                  + " udevadm control --reload, sudo udevadm trigger --name-match=vhost-vsock, and"
                  + " sudo usermod -aG kvm "
                  + System.getProperty("user.name")
                  + "."));
    } catch (IOException e) {
      return Optional.of(
          new Unavailable(
              NODE + " cannot be opened: " + e.getMessage(),
              "Its module is missing or does not load: sudo modprobe vhost_vsock says why."));
    }
  }

  @Override
  public String toString() {
    return text;
  }
}
