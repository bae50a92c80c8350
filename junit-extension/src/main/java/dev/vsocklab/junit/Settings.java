package dev.vsocklab.junit;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;

/**
 * What the build and the class say about backends. The nearer to whoever starts the tests, the
 * stronger: system property, configuration parameter, annotation, {@code sim}.
 */
final class Settings {

  static final String BACKENDS = "vsocklab.backends";
  static final String REQUIRE = "vsocklab.require";
  private static final String DEFAULT_BACKEND = "sim";

  private final Function<String, Optional<String>> parameters;
  private final Backends backends;

  /**
   * What is said where tests start.
   *
   * @param parameters JUnit's configuration parameters by key
   * @param backends the backends that can be named
   */
  Settings(Function<String, Optional<String>> parameters, Backends backends) {
    this.parameters = parameters;
    this.backends = backends;
  }

  /**
   * The backends and kernels that a class runs on.
   *
   * @param annotation the class's annotation
   * @throws ExtensionConfigurationException if one is unknown
   */
  Set<Choice> chosen(VsockTest annotation) {
    String kernel = annotation.kernel().strip();
    List<String> names = list(BACKENDS);
    if (!names.isEmpty()) {
      return backends.choose(BACKENDS, names, kernel);
    }
    names = entries(annotation.backends());
    if (!names.isEmpty()) {
      return backends.choose("@VsockTest(backends = …)", names, kernel);
    }
    if (!required().isEmpty()) {
      checkRequiredAreChosen();
    }
    return backends.choose("the default for " + BACKENDS, List.of(DEFAULT_BACKEND), kernel);
  }

  /**
   * The backends and kernels whose tests must not be skipped.
   *
   * @throws ExtensionConfigurationException if one is unknown
   */
  Set<Choice> required() {
    return backends.cover(REQUIRE, list(REQUIRE));
  }

  /** Where nobody chose anything, a required backend would silently never run. */
  private void checkRequiredAreChosen() {
    for (Choice choice : required()) {
      if (!choice.backend().name().equals(DEFAULT_BACKEND)) {
        throw new ExtensionConfigurationException(
            "%s names %s, but nothing runs on it, because %s is not set. Set it: -D%s=%s,%s"
                .formatted(
                    REQUIRE,
                    choice.backend().name(),
                    BACKENDS,
                    BACKENDS,
                    DEFAULT_BACKEND,
                    String.join(",", list(REQUIRE))));
      }
    }
  }

  /**
   * A list from the system property or else from the configuration parameter. JUnit itself would
   * prefer a parameter that a build tool hands over, so the property is asked first.
   */
  private List<String> list(String key) {
    List<String> fromProperty = entries(Optional.ofNullable(System.getProperty(key)).orElse(""));
    return fromProperty.isEmpty() ? entries(parameters.apply(key).orElse("")) : fromProperty;
  }

  /** The entries of comma-separated lists; a blank one says nothing, as an unset Maven property. */
  private static List<String> entries(String... lists) {
    return Arrays.stream(lists)
        .flatMap(list -> Arrays.stream(list.split(",", -1)))
        .map(String::strip)
        .filter(entry -> !entry.isEmpty())
        .toList();
  }
}
