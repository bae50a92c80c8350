package dev.vsocklab.ci.teeth;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** Compiles one file of the simulator with a bug in it, beside the classes that are right. */
final class MutatedSimulator {
  private static final Path SOURCES = Path.of("../sim/src/main/java/dev/vsocklab/sim");

  private final Path folder;
  private final String classPath;

  /**
   * Prepares.
   *
   * @param folder where sources and classes go
   * @param classPath what the simulator is compiled against, itself included
   */
  MutatedSimulator(Path folder, String classPath) {
    this.folder = folder;
    this.classPath = classPath;
  }

  /**
   * Puts a bug in.
   *
   * @return the folder with the wrong classes: put it in front of the class path
   */
  Path with(Mutation mutation) throws IOException {
    Path source = folder.resolve("source").resolve(mutation.file());
    Path classes = Files.createDirectories(folder.resolve("classes"));
    Files.createDirectories(Objects.requireNonNull(source.getParent()));
    String right = Files.readString(SOURCES.resolve(mutation.file()), UTF_8);
    Files.writeString(source, mutation.applyTo(right), UTF_8);
    compile(source, classes);
    return classes;
  }

  private void compile(Path source, Path classes) throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    if (compiler == null) {
      throw new IllegalStateException("This Java is no JDK: it has no compiler. Use a JDK.");
    }
    DiagnosticCollector<JavaFileObject> messages = new DiagnosticCollector<>();
    List<String> options =
        List.of("-proc:none", "-nowarn", "-cp", classPath, "-d", classes.toString());
    try (StandardJavaFileManager files = compiler.getStandardFileManager(messages, null, UTF_8)) {
      boolean compiled =
          compiler
              .getTask(null, files, messages, options, null, files.getJavaFileObjects(source))
              .call();
      if (!compiled) {
        throw new IllegalStateException("The mutation does not compile: " + errors(messages));
      }
    }
  }

  private static List<String> errors(DiagnosticCollector<JavaFileObject> messages) {
    List<String> errors = new ArrayList<>();
    for (Diagnostic<?> message : messages.getDiagnostics()) {
      if (message.getKind() == Diagnostic.Kind.ERROR) {
        errors.add(message.toString());
      }
    }
    return errors;
  }
}
