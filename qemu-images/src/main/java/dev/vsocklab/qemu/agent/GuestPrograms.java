package dev.vsocklab.qemu.agent;

import dev.vsocklab.linux.SharedLibraries;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Puts programs and files into a guest and starts them there: a view of a real guest, see {@link
 * dev.vsocklab.Machine#as}.
 *
 * <p>What was put is removed, and what runs is killed, when the guest goes to the next test. A path
 * that the guest had by itself is never replaced.
 */
public final class GuestPrograms {
  private static final int CHUNK_BYTES = 256 * 1024;
  static final Set<PosixFilePermission> FOLDER_MODE = PosixFilePermissions.fromString("rwxr-xr-x");

  private final AgentConnection connection;

  /** Shared libraries that are there already; most programs need the same. */
  private final Set<String> putLibraries = ConcurrentHashMap.newKeySet();

  private final List<GuestProgram> started = new CopyOnWriteArrayList<>();

  GuestPrograms(AgentConnection connection) {
    this.connection = connection;
  }

  /**
   * Puts a local file into the guest, with its permissions.
   *
   * @param local the file
   * @param guestPath where to, absolute; missing folders are made
   * @throws IOException if it cannot be read here or written there
   */
  public void put(Path local, String guestPath) throws IOException {
    try (InputStream content = Files.newInputStream(local)) {
      put(content, guestPath, Files.getPosixFilePermissions(local));
    }
  }

  /**
   * Puts a text file into the guest.
   *
   * @param text what it holds, written as UTF-8
   * @param guestPath where to, absolute; missing folders are made
   * @throws IOException if it cannot be written there
   */
  public void putText(String text, String guestPath) throws IOException {
    put(
        new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)),
        guestPath,
        PosixFilePermissions.fromString("rw-r--r--"));
  }

  /**
   * Puts a file into the guest.
   *
   * @param content what it holds, up to the end of the stream
   * @param guestPath where to, absolute; missing folders are made
   * @param permissions its permissions there
   * @throws IOException if it cannot be read here or written there
   */
  public void put(InputStream content, String guestPath, Set<PosixFilePermission> permissions)
      throws IOException {
    int slash = guestPath.lastIndexOf('/');
    if (slash > 0) {
      makeFolder(guestPath.substring(0, slash));
    }
    Call call =
        connection.call(new CallFrame(AgentOp.CREATE).string(guestPath).u32(modeBits(permissions)));
    if (call.errno() != 0) {
      throw refused("Putting " + guestPath, connection, call);
    }
    int handle = call.result().getInt(0);
    try (StreamOutput file =
        new StreamOutput(connection, handle, guestPath + " in " + connection.name())) {
      byte[] chunk = new byte[CHUNK_BYTES];
      for (int length = content.read(chunk); length >= 0; length = content.read(chunk)) {
        file.write(chunk, 0, length);
      }
    }
  }

  /**
   * Makes a folder in the guest, with its missing parents. One that exists is left as it is.
   *
   * @param guestPath its absolute path
   * @throws IOException if it cannot be made
   */
  public void makeFolder(String guestPath) throws IOException {
    Call call =
        connection.call(new CallFrame(AgentOp.MKDIR).string(guestPath).u32(modeBits(FOLDER_MODE)));
    if (call.errno() != 0) {
      throw refused("Making folder " + guestPath, connection, call);
    }
  }

  /**
   * Puts a file, or a folder with all that is in it, into the guest. Links are followed, executable
   * bits are kept, and a program or script without them gets them. A program of this machine comes
   * with its shared libraries, as with {@link #putProgram}.
   *
   * @param source the file or folder; of any file system, such as one over a jar
   * @param guestPath where to, absolute: the file's path, or the folder below which a folder's
   *     contents appear; missing folders are made
   * @throws IOException if it cannot be read here or written there
   */
  public void putTree(Path source, String guestPath) throws IOException {
    new TreeUpload(this, connection).put(source, guestPath);
  }

  /**
   * Puts a local program into the guest, with the shared libraries that {@code ldd} names, each
   * where it is here.
   *
   * @param local the program
   * @param guestPath where to, absolute
   * @throws IOException if a file cannot be read here or written there, or a library is missing
   */
  public void putProgram(Path local, String guestPath) throws IOException {
    putLibrariesOf(local);
    put(local, guestPath);
  }

  void putLibrariesOf(Path local) throws IOException {
    for (Path library : SharedLibraries.of(local)) {
      if (putLibraries.add(library.toString())) {
        put(library, library.toString());
      }
    }
  }

  /**
   * Starts a program, its output captured.
   *
   * @param arguments its absolute path in the guest, then its arguments
   * @return the program
   * @throws IOException if it cannot be started: the kernel's reason
   */
  public GuestProgram start(String... arguments) throws IOException {
    return start(GuestCommand.of(arguments));
  }

  /**
   * Starts a program.
   *
   * @param command what and how
   * @return the program
   * @throws IOException if it cannot be started: the kernel's reason
   */
  public GuestProgram start(GuestCommand command) throws IOException {
    List<String> environment =
        command.environment().entrySet().stream()
            .map(variable -> variable.getKey() + "=" + variable.getValue())
            .sorted()
            .toList();
    Call call =
        connection.call(
            new CallFrame(AgentOp.START)
                .strings(command.arguments())
                .strings(environment)
                .string(command.directory()));
    if (call.errno() != 0) {
      throw refused("Starting " + command.arguments(), connection, call);
    }
    var result = call.result();
    GuestProgram program =
        find(
            command,
            new ProgramHandles(
                result.getInt(0),
                result.getInt(4),
                result.getInt(8),
                result.getInt(12),
                result.getInt(16)));
    started.add(program);
    return program;
  }

  /**
   * The programs that were started since the guest came to this test, those of {@code @Guest}
   * first.
   *
   * @return them, in the order of their starts; the ended ones too
   */
  public List<GuestProgram> started() {
    return List.copyOf(started);
  }

  /**
   * Finds a program that runs since before this JVM greeted its agent: its machine was saved with
   * it and restored. What it printed meanwhile is not lost.
   *
   * @param command what was started; its output goes where this says
   * @param handles what {@link GuestProgram#handles} told before
   * @return the program
   * @throws IOException if the guest is gone
   */
  public GuestProgram find(GuestCommand command, ProgramHandles handles) throws IOException {
    return new GuestProgram(connection, command, handles);
  }

  /** After a reset nothing is there any more. */
  void forget() {
    putLibraries.clear();
    started.clear();
  }

  /** What the kernel answered to a call that a person asked for by name. */
  static IOException refused(String what, AgentConnection connection, Call call) {
    var result = call.result();
    String why =
        result.remaining() < 2
            ? "errno " + call.errno()
            : StandardCharsets.UTF_8.decode(result.duplicate().position(2)).toString();
    return new IOException(what + " in " + connection.name() + " failed: " + why + ".");
  }

  static int modeBits(Set<PosixFilePermission> permissions) {
    int bits = 0;
    for (PosixFilePermission permission : permissions) {
      bits |=
          switch (permission) {
            case OWNER_READ -> 0400;
            case OWNER_WRITE -> 0200;
            case OWNER_EXECUTE -> 0100;
            case GROUP_READ -> 0040;
            case GROUP_WRITE -> 0020;
            case GROUP_EXECUTE -> 0010;
            case OTHERS_READ -> 0004;
            case OTHERS_WRITE -> 0002;
            case OTHERS_EXECUTE -> 0001;
          };
    }
    return bits;
  }
}
