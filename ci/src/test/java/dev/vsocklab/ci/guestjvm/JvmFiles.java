package dev.vsocklab.ci.guestjvm;

import dev.vsocklab.linux.SharedLibraries;
import java.io.File;
import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/** This JVM, as files for a guest's root: its java, the libraries of that, and its class path. */
final class JvmFiles {
  private static final String HOME = "/jvm";
  private static final String CLASS_PATH = "/classpath";

  /** What only a compiler needs, and large. */
  private static final Set<String> LEFT_OUT = Set.of("src.zip", "ct.sym");

  private final Map<String, Path> files = new TreeMap<>();
  private final List<String> classPath = new ArrayList<>();

  private JvmFiles() {}

  /** Looks them up. */
  static JvmFiles ofThisJvm() throws IOException {
    JvmFiles all = new JvmFiles();
    Path home = Path.of(System.getProperty("java.home"));
    for (String part : List.of("bin/java", "conf", "lib", "release")) {
      all.add(HOME + "/" + part, home.resolve(part));
    }
    for (String program : List.of("bin/java", "lib/server/libjvm.so")) {
      for (Path library : SharedLibraries.of(home.resolve(program))) {
        if (!library.normalize().startsWith(home)) {
          all.files.put(library.toString(), library);
        }
      }
    }
    // Surefire may put a jar that only names the others on the class path, and tells them here.
    String path =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    for (String entry : path.split(File.pathSeparator, -1)) {
      Path local = Path.of(entry);
      if (Files.exists(local)) {
        String name = CLASS_PATH + "/" + all.classPath.size() + "-" + local.getFileName();
        all.classPath.add(name);
        all.add(name, local);
      }
    }
    return all;
  }

  private void add(String guestPath, Path local) throws IOException {
    try (Stream<Path> walk = Files.walk(local, FileVisitOption.FOLLOW_LINKS)) {
      for (Path file : walk.filter(Files::isRegularFile).toList()) {
        if (!LEFT_OUT.contains(String.valueOf(file.getFileName()))) {
          String below = local.relativize(file).toString();
          files.put(below.isEmpty() ? guestPath : guestPath + "/" + below, file);
        }
      }
    }
  }

  /** Local files by their paths in the guest. */
  Map<String, Path> files() {
    return files;
  }

  /** The java there. */
  String java() {
    return HOME + "/bin/java";
  }

  /** The class path there. */
  String classPath() {
    return String.join(":", classPath);
  }
}
