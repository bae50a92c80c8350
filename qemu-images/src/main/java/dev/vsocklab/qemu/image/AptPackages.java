package dev.vsocklab.qemu.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Kernel packages from the mirrors that this machine's apt trusts. Nothing is installed and nothing
 * of apt's own state is changed: where its package lists do not know a package, fresh lists go into
 * the cache folder.
 */
final class AptPackages {
  private static final Duration DOWNLOAD_DEADLINE = Duration.ofMinutes(5);
  private static final Duration QUERY_DEADLINE = Duration.ofSeconds(60);
  private static final Pattern FIELD = Pattern.compile("(?m)^(Package|Version|SHA256): (\\S+)$");

  private final Tools tools;
  private final Path ownLists;

  /**
   * Creates the source.
   *
   * @param tools the programs
   * @param ownLists where fresh package lists may be kept
   */
  AptPackages(Tools tools, Path ownLists) {
    this.tools = tools;
    this.ownLists = ownLists;
  }

  /** The tools that are missing on this machine. */
  List<String> missingTools() {
    return Stream.of("apt-get", "apt-cache", "dpkg-deb").filter(t -> !tools.has(t)).toList();
  }

  /**
   * Downloads a package and checks its hash.
   *
   * @param wanted the package
   * @param folder where to; the .deb appears there
   * @return the .deb
   * @throws PackageGoneException if no mirror has it
   * @throws IOException if the download failed or has another hash
   */
  Path download(KernelPackage wanted, Path folder) throws IOException {
    Tools.Result result = download(wanted, folder, List.of());
    if (result.status() != 0 && isUnknown(result)) {
      refreshOwnLists();
      result = download(wanted, folder, ownState());
    }
    if (result.status() != 0) {
      String message =
          "apt-get could not download "
              + wanted.spec()
              + " ("
              + result.lastWords()
              + "). Check this machine's network and its apt sources.";
      throw isUnknown(result) ? new PackageGoneException(message) : new IOException(message);
    }
    Path deb = onlyDebIn(folder, wanted);
    String sha256 = Sha256.ofFile(deb);
    if (!sha256.equals(wanted.sha256())) {
      throw new IOException(
          wanted.spec()
              + " has the SHA-256 "
              + sha256
              + " but "
              + wanted.sha256()
              + " is expected: the download was damaged or the mirror serves another file. Run"
              + " apt-get clean and try again, or use another mirror.");
    }
    return deb;
  }

  /**
   * The newest package of a series that a mirror has now.
   *
   * @param series the kernel series, for example {@code 6.1}
   * @return the package with the hash that apt's signed lists give for it, or empty if there is
   *     none
   */
  Optional<KernelPackage> newest(String series) throws IOException {
    Optional<KernelPackage> known = newest(series, List.of());
    if (known.isPresent()) {
      return known;
    }
    refreshOwnLists();
    return newest(series, ownState());
  }

  private Optional<KernelPackage> newest(String series, List<String> options) throws IOException {
    String names = "^linux-image-" + Pattern.quote(series).replaceAll("\\\\[QE]", "");
    List<String> search = new ArrayList<>(List.of("apt-cache"));
    search.addAll(options);
    // A digit after the series: linux-image-6.12-cloud-amd64 is an empty package that follows it.
    search.addAll(List.of("search", "--names-only", names + "\\.[0-9].*cloud-amd64$"));
    List<String> found = new ArrayList<>();
    for (String line : query(search).lines().toList()) {
      String name = line.split(" ", 2)[0];
      if (name.startsWith("linux-image-") && name.endsWith("-cloud-amd64")) {
        found.add(name);
      }
    }
    if (found.isEmpty()) {
      return Optional.empty();
    }
    List<String> show = new ArrayList<>(List.of("apt-cache"));
    show.addAll(options);
    show.addAll(List.of("show", "--no-all-versions"));
    show.addAll(found);
    return packages(series, query(show)).stream().max(Comparator.comparing(Digits::of));
  }

  private static List<KernelPackage> packages(String series, String records) {
    List<KernelPackage> packages = new ArrayList<>();
    for (String block : records.split("\n\n", -1)) {
      String name = "";
      String version = "";
      String sha256 = "";
      for (Matcher field = FIELD.matcher(block); field.find(); ) {
        switch (field.group(1)) {
          case "Package" -> name = field.group(2);
          case "Version" -> version = field.group(2);
          default -> sha256 = field.group(2);
        }
      }
      if (version.startsWith(series + ".") && !sha256.isEmpty()) {
        packages.add(new KernelPackage(series, name, version, sha256));
      }
    }
    return packages;
  }

  private Tools.Result download(KernelPackage wanted, Path folder, List<String> options)
      throws IOException {
    List<String> command = new ArrayList<>(List.of("apt-get", "-q"));
    command.addAll(options);
    command.addAll(List.of("download", wanted.spec()));
    return tools.run(folder, DOWNLOAD_DEADLINE, command);
  }

  private static boolean isUnknown(Tools.Result result) {
    String output = result.output();
    return output.contains("Unable to locate package")
        || output.contains("was not found")
        || output.contains("Can't find a source to download")
        || output.contains("404");
  }

  private void refreshOwnLists() throws IOException {
    Files.createDirectories(ownLists.resolve("lists/partial"));
    Files.createDirectories(ownLists.resolve("archives/partial"));
    List<String> command = new ArrayList<>(List.of("apt-get", "-q"));
    command.addAll(ownState());
    command.add("update");
    Tools.Result result = tools.run(ownLists, DOWNLOAD_DEADLINE, command);
    if (result.status() != 0) {
      throw new IOException(
          "apt-get update failed ("
              + result.lastWords()
              + "). Check this machine's network and its apt sources.");
    }
  }

  /** Apt's options for lists that any user may write. */
  private List<String> ownState() {
    return List.of(
        "-o", "Dir::State::Lists=" + ownLists.resolve("lists"),
        "-o", "Dir::Cache=" + ownLists,
        "-o", "Debug::NoLocking=1");
  }

  private String query(List<String> command) throws IOException {
    Files.createDirectories(ownLists);
    Tools.Result result = tools.run(ownLists, QUERY_DEADLINE, command);
    if (result.status() != 0) {
      throw new IOException(
          String.join(" ", command) + " failed (" + result.lastWords() + "). Run it by hand.");
    }
    return result.output();
  }

  private static Path onlyDebIn(Path folder, KernelPackage wanted) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.toString().endsWith(".deb"))
          .findFirst()
          .orElseThrow(
              () ->
                  new IOException(
                      "apt-get download "
                          + wanted.spec()
                          + " succeeded but left no .deb. Run it by hand to see why."));
    }
  }

  /**
   * A version as its runs of digits: enough to order the versions of one Debian kernel series,
   * which differ in nothing else that counts.
   */
  private record Digits(List<Long> runs) implements Comparable<Digits> {

    static Digits of(KernelPackage kernel) {
      List<Long> runs = new ArrayList<>();
      for (Matcher run = Pattern.compile("\\d{1,18}").matcher(kernel.version()); run.find(); ) {
        runs.add(Long.parseLong(run.group()));
      }
      return new Digits(runs);
    }

    @Override
    public int compareTo(Digits other) {
      for (int i = 0; i < Math.min(runs.size(), other.runs.size()); i++) {
        int order = Long.compare(runs.get(i), other.runs.get(i));
        if (order != 0) {
          return order;
        }
      }
      return Integer.compare(runs.size(), other.runs.size());
    }
  }
}
