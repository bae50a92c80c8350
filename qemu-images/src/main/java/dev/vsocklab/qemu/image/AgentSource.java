package dev.vsocklab.qemu.image;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The guest agent's C source: its files, all of which the compiler needs. */
final class AgentSource {
  private static final String FOLDER = "/dev/vsocklab/qemu/agent/";
  private static final List<String> NAMES =
      List.of("vsock-agent.c", "call-script.c", "call-script.h");

  private final Map<String, String> textByName;

  private AgentSource(Map<String, String> textByName) {
    this.textByName = textByName;
  }

  /** The source that this library carries. */
  static AgentSource ofThisLibrary() {
    Map<String, String> textByName = new LinkedHashMap<>();
    NAMES.forEach(name -> textByName.put(name, resource(FOLDER + name)));
    return new AgentSource(textByName);
  }

  /** A program of one file. */
  static AgentSource of(String source) {
    return new AgentSource(Map.of("vsock-agent.c", source));
  }

  /** What its key is made of: every file's name and text, in order. */
  List<String> texts() {
    List<String> texts = new ArrayList<>();
    textByName.forEach(
        (name, text) -> {
          texts.add(name);
          texts.add(text);
        });
    return texts;
  }

  /**
   * Puts the files into a folder.
   *
   * @return those that the compiler is to be given: headers are found by it
   */
  List<Path> write(Path folder) throws IOException {
    List<Path> toCompile = new ArrayList<>();
    for (Map.Entry<String, String> file : textByName.entrySet()) {
      Path path = Files.writeString(folder.resolve(file.getKey()), file.getValue());
      if (file.getKey().endsWith(".c")) {
        toCompile.add(path);
      }
    }
    return toCompile;
  }

  private static String resource(String path) {
    try (InputStream in = AgentSource.class.getResourceAsStream(path)) {
      if (in == null) {
        throw new IllegalStateException(path + " is missing from this jar.");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
