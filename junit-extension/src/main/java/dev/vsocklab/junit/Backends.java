package dev.vsocklab.junit;

import dev.vsocklab.spi.Backend;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.StoreScope;

/** The backends that {@link ServiceLoader} finds, one instance of each until the tests are over. */
final class Backends implements AutoCloseable {

  /** Which module of vsocklab brings a backend, for whoever names one that is not there. */
  private static final String MODULES =
      "sim comes with dev.vsocklab:vsocklab-sim, vhost-user with dev.vsocklab:vsocklab-qemu on the"
          + " test class path.";

  private final Map<String, Backend> byName = new TreeMap<>();

  /**
   * Takes the backends into its care.
   *
   * @param found the backends
   */
  Backends(Iterable<Backend> found) {
    for (Backend backend : found) {
      Backend other = byName.putIfAbsent(backend.name(), backend);
      if (other != null) {
        throw new ExtensionConfigurationException(
            "Two backends call themselves %s: %s and %s. Take one of them off the test class path."
                .formatted(
                    backend.name(), other.getClass().getName(), backend.getClass().getName()));
      }
    }
  }

  /**
   * The backends of this launcher session. They live as long as the session and not only as long as
   * one run of the engine, because Surefire may start a run for each class, and a booted guest
   * should serve them all.
   */
  static Backends of(ExtensionContext context) {
    return context
        .getStore(StoreScope.LAUNCHER_SESSION, Turn.NAMESPACE)
        .getOrComputeIfAbsent(
            Backends.class, key -> new Backends(ServiceLoader.load(Backend.class)), Backends.class);
  }

  /**
   * Finds what a list names.
   *
   * @param setting where the list comes from, for messages
   * @param entries each {@code name}, {@code name:kernel} or {@code name:*}
   * @param kernel what a name alone means for a backend that has it, and one of them must; empty:
   *     its default
   * @return the choices in that order, each once
   * @throws ExtensionConfigurationException if there is no such backend or kernel
   */
  Set<Choice> choose(String setting, List<String> entries, String kernel) {
    Set<Choice> choices = new LinkedHashSet<>();
    for (String entry : entries) {
      int colon = entry.indexOf(':');
      if (colon < 0) {
        Backend backend = named(setting, entry);
        choices.add(new Choice(backend, kernelOrDefault(backend, kernel)));
      } else {
        Backend backend = named(setting, entry.substring(0, colon));
        addKernels(choices, setting, backend, entry.substring(colon + 1));
      }
    }
    if (!kernel.isEmpty() && choices.stream().noneMatch(it -> has(it.backend(), kernel))) {
      throw noneHas(kernel, choices);
    }
    return choices;
  }

  /**
   * Finds every choice that a list may mean: a name without kernel means all of them.
   *
   * @param setting where the list comes from, for messages
   * @param entries each {@code name}, {@code name:kernel} or {@code name:*}
   * @return the choices
   * @throws ExtensionConfigurationException if there is no such backend or kernel
   */
  Set<Choice> cover(String setting, List<String> entries) {
    return choose(
        setting,
        entries.stream().map(entry -> entry.contains(":") ? entry : entry + ":*").toList(),
        "");
  }

  private Backend named(String setting, String name) {
    Backend backend = byName.get(name);
    if (backend == null) {
      throw new ExtensionConfigurationException(
          "Backend \"%s\" in %s is unknown. Known here: %s. %s"
              .formatted(
                  name,
                  setting,
                  byName.isEmpty() ? "none" : String.join(", ", byName.keySet()),
                  MODULES));
    }
    return backend;
  }

  private static boolean has(Backend backend, String kernel) {
    return backend.kernels().contains(kernel);
  }

  private static String kernelOrDefault(Backend backend, String kernel) {
    List<String> kernels = backend.kernels();
    if (kernels.contains(kernel)) {
      return kernel;
    }
    return kernels.isEmpty() ? "" : kernels.get(0);
  }

  private static ExtensionConfigurationException noneHas(String kernel, Set<Choice> choices) {
    String whatTheyHave =
        choices.stream()
            .map(Choice::backend)
            .distinct()
            .map(
                backend ->
                    backend.kernels().isEmpty()
                        ? backend.name() + " has none to choose from"
                        : backend.name() + " has " + String.join(", ", backend.kernels()))
            .collect(Collectors.joining("; "));
    return new ExtensionConfigurationException(
        "@VsockTest(kernel = \"%s\"): no chosen backend has that kernel. %s. Write one of these, or nothing for the default."
            .formatted(kernel, whatTheyHave));
  }

  private static void addKernels(
      Set<Choice> choices, String setting, Backend backend, String kernel) {
    List<String> kernels = backend.kernels();
    if (kernel.equals("*")) {
      if (kernels.isEmpty()) {
        choices.add(new Choice(backend, ""));
      }
      kernels.forEach(each -> choices.add(new Choice(backend, each)));
    } else if (kernels.contains(kernel)) {
      choices.add(new Choice(backend, kernel));
    } else if (kernels.isEmpty()) {
      throw new ExtensionConfigurationException(
          "Backend %s has no kernels to choose from, but %s asks for \"%s:%s\". Write %s alone."
              .formatted(backend.name(), setting, backend.name(), kernel, backend.name()));
    } else {
      throw new ExtensionConfigurationException(
          "Backend %s has no kernel \"%s\", which %s asks for. It has %s: write for example %s:%s."
              .formatted(
                  backend.name(),
                  kernel,
                  setting,
                  String.join(", ", kernels),
                  backend.name(),
                  kernels.get(0)));
    }
  }

  /** Ends every backend, also those after one that fails to end. */
  @Override
  public void close() {
    RuntimeException failure = null;
    for (Backend backend : byName.values()) {
      try {
        backend.close();
      } catch (RuntimeException e) {
        if (failure == null) {
          failure = e;
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
