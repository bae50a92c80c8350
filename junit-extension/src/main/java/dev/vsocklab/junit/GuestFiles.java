package dev.vsocklab.junit;

import dev.vsocklab.spi.LabRequest.FilesRequest;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.StoreScope;
import org.junit.jupiter.api.extension.ParameterResolutionException;

/**
 * Finds what {@link Guest#files} name: on this machine, or on the class path, also within a jar.
 * The jars stay open until it is closed.
 */
final class GuestFiles implements AutoCloseable {
  private final Map<Path, FileSystem> jars = new ConcurrentHashMap<>();

  /** Those of this launcher session: jars stay open as long as its backends. */
  static GuestFiles of(ExtensionContext context) {
    return context
        .getStore(StoreScope.LAUNCHER_SESSION, Turn.NAMESPACE)
        .getOrComputeIfAbsent(GuestFiles.class, key -> new GuestFiles(), GuestFiles.class);
  }

  /**
   * Finds one entry.
   *
   * @param what whose it is, for messages
   * @param entry {@code SOURCE} or {@code SOURCE:TARGET}
   * @param classPath where resources are
   * @throws ParameterResolutionException if it is not there
   */
  FilesRequest find(String what, String entry, ClassLoader classPath) {
    int colon = entry.lastIndexOf(':');
    String name = colon < 0 ? entry : entry.substring(0, colon);
    String target = colon < 0 ? "" : entry.substring(colon + 1);
    if (name.isBlank() || (colon >= 0 && !target.startsWith("/"))) {
      throw new ParameterResolutionException(
          "%s: files = \"%s\" is neither SOURCE nor SOURCE:TARGET with an absolute target. Write for example \"guest/agent.py:/opt/agent.py\"."
              .formatted(what, entry));
    }
    Path source =
        source(name, classPath)
            .orElseThrow(() -> new ParameterResolutionException(absent(what, name)));
    return new FilesRequest(source, guestPath(source, name, target));
  }

  private static String guestPath(Path source, String name, String target) {
    String path = target.isEmpty() ? "/" + name : target;
    if (path.endsWith("/") && !target.isEmpty() && !Files.isDirectory(source)) {
      path += source.getFileName();
    }
    return Path.of(path).normalize().toString(); // without a slash at its end
  }

  private Optional<Path> source(String name, ClassLoader classPath) {
    try {
      if (name.startsWith("/")) {
        return Optional.of(Path.of(name)).filter(Files::exists);
      }
      Optional<Path> resource = resource(name, classPath);
      return resource.isPresent()
          ? resource
          : Optional.of(Path.of(name).toAbsolutePath()).filter(Files::exists);
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }

  private Optional<Path> resource(String name, ClassLoader classPath) {
    URL url = classPath.getResource(name);
    if (url == null) {
      return Optional.empty();
    }
    try {
      URI uri = url.toURI();
      if (uri.getScheme().equals("file")) {
        return Optional.of(Path.of(uri));
      }
      if (uri.getScheme().equals("jar")) {
        String inJar = uri.getSchemeSpecificPart();
        int mark = inJar.indexOf("!/");
        Path jar = Path.of(URI.create(inJar.substring(0, mark)));
        return Optional.of(
            jars.computeIfAbsent(jar, GuestFiles::open).getPath(inJar.substring(mark + 1)));
      }
      return Optional.empty(); // a class loader of another kind; the working directory may have it
    } catch (URISyntaxException e) {
      throw new IllegalStateException("A class loader gave " + url + ", which is no URI.", e);
    }
  }

  private static FileSystem open(Path jar) {
    try {
      return FileSystems.newFileSystem(jar);
    } catch (IOException e) {
      throw new ParameterResolutionException(
          jar + " has files for a guest but cannot be read: " + e, e);
    }
  }

  private static String absent(String what, String name) {
    return name.startsWith("/")
        ? "%s: its file %s is not on this machine. Create or install it, or name another one; without the leading slash it would be looked for among the test's resources."
            .formatted(what, name)
        : "%s: its file \"%s\" is neither on the test's class path nor in %s. Put it into src/test/resources, or name another one."
            .formatted(what, name, Path.of("").toAbsolutePath());
  }

  /** Closes the jars. */
  @Override
  public void close() throws IOException {
    for (FileSystem jar : jars.values()) {
      jar.close();
    }
  }
}
