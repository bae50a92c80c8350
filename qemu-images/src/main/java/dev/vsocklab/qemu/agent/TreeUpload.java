package dev.vsocklab.qemu.agent;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileSystems;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.EnumSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One upload of a file, or of a folder with all that is in it. Small files go in one frame each,
 * many of them under way at once: a tree of 700 files would otherwise wait for 3000 answers.
 */
final class TreeUpload {
  /** Leaves room in a frame for the path. */
  private static final int ONE_FRAME_BYTES = 60 * 1024;

  /** Frames that wait for their answers. */
  private static final int UNDER_WAY = 64;

  private static final byte[] ELF = {0x7f, 'E', 'L', 'F'};
  private static final byte[] SCRIPT = {'#', '!'};
  private static final Set<PosixFilePermission> PLAIN =
      PosixFilePermissions.fromString("rw-r--r--");
  private static final Set<PosixFilePermission> EXECUTABLE =
      EnumSet.of(
          PosixFilePermission.OWNER_EXECUTE,
          PosixFilePermission.GROUP_EXECUTE,
          PosixFilePermission.OTHERS_EXECUTE);

  private final GuestPrograms programs;
  private final AgentConnection connection;
  private final Queue<Sent> sent = new ArrayDeque<>();

  private record Sent(String what, Call call) {}

  TreeUpload(GuestPrograms programs, AgentConnection connection) {
    this.programs = programs;
    this.connection = connection;
  }

  /** As {@link GuestPrograms#putTree}. */
  void put(Path source, String guestPath) throws IOException {
    List<Path> found;
    try (Stream<Path> walk = Files.walk(source, FileVisitOption.FOLLOW_LINKS)) {
      found = walk.toList(); // a folder comes before what is in it
    } catch (UncheckedIOException e) {
      throw e.getCause() instanceof FileSystemLoopException loop
          ? new IOException(
              loop.getFile() + " leads back to a folder above it. Put parts of it instead.", e)
          : e.getCause();
    }
    int slash = guestPath.lastIndexOf('/');
    if (slash > 0) {
      makeFolder(guestPath.substring(0, slash));
    }
    String below = guestPath.endsWith("/") ? guestPath : guestPath + "/";
    for (Path file : found) {
      String relative = source.relativize(file).toString();
      String target = relative.isEmpty() ? guestPath : below + relative;
      if (Files.isDirectory(file)) {
        makeFolder(target);
      } else if (Files.isRegularFile(file)) { // sockets and devices stay where they are
        putFile(file, target);
      }
    }
    while (!sent.isEmpty()) {
      awaitOldest();
    }
  }

  private void makeFolder(String guestPath) throws IOException {
    CallFrame frame =
        new CallFrame(AgentOp.MKDIR)
            .string(guestPath)
            .u32(GuestPrograms.modeBits(GuestPrograms.FOLDER_MODE));
    send("Making folder " + guestPath, frame, null);
  }

  private void putFile(Path file, String guestPath) throws IOException {
    byte[] head;
    try (InputStream content = Files.newInputStream(file)) {
      head = content.readNBytes(ELF.length);
    }
    Set<PosixFilePermission> permissions = permissions(file, head);
    boolean ofThisMachine = file.getFileSystem().equals(FileSystems.getDefault());
    boolean executable = permissions.contains(PosixFilePermission.OWNER_EXECUTE);
    if (ofThisMachine && executable && startsWith(head, ELF)) {
      programs.putLibrariesOf(file);
    }
    if (Files.size(file) > ONE_FRAME_BYTES) {
      try (InputStream content = Files.newInputStream(file)) {
        programs.put(content, guestPath, permissions);
      }
      return;
    }
    CallFrame frame =
        new CallFrame(AgentOp.PUT).string(guestPath).u32(GuestPrograms.modeBits(permissions));
    send("Putting " + guestPath, frame, ByteBuffer.wrap(Files.readAllBytes(file)));
  }

  /**
   * The file's own, where its file system knows any; a jar does not, nor does every build tool that
   * copies resources. So a program and a script may be executed whatever they say.
   */
  private static Set<PosixFilePermission> permissions(Path file, byte[] head) throws IOException {
    @Nullable PosixFileAttributeView view =
        Files.getFileAttributeView(file, PosixFileAttributeView.class);
    Set<PosixFilePermission> permissions = EnumSet.copyOf(PLAIN);
    if (view != null) {
      permissions.addAll(view.readAttributes().permissions());
    }
    boolean mappedOnly = file.getFileName().toString().contains(".so");
    if (startsWith(head, SCRIPT) || (startsWith(head, ELF) && !mappedOnly)) {
      permissions.addAll(EXECUTABLE);
    }
    return permissions;
  }

  private static boolean startsWith(byte[] head, byte[] magic) {
    if (head.length < magic.length) {
      return false;
    }
    for (int i = 0; i < magic.length; i++) {
      if (head[i] != magic[i]) {
        return false;
      }
    }
    return true;
  }

  private void send(String what, CallFrame frame, @Nullable ByteBuffer data) throws IOException {
    if (sent.size() == UNDER_WAY) {
      awaitOldest();
    }
    Call call = new Call(frame.op());
    connection.send(call, frame, data);
    sent.add(new Sent(what, call));
  }

  private void awaitOldest() throws IOException {
    Sent oldest = sent.remove();
    oldest.call().await(Long.MAX_VALUE);
    if (connection.answered(oldest.call()).errno() != 0) {
      throw GuestPrograms.refused(oldest.what(), connection, oldest.call());
    }
  }
}
