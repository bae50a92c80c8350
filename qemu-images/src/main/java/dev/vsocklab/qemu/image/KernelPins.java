package dev.vsocklab.qemu.image;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Properties;

/** The kernel packages that this release of vsocklab was tested with, from a resource file. */
final class KernelPins {
  private static final String RESOURCE = "kernels.properties";

  /** The series, newest first: the first is what a test gets that does not choose. */
  static final List<String> SERIES = List.of("6.12", "6.1");

  private KernelPins() {}

  /**
   * The pinned package of a series.
   *
   * @throws IllegalArgumentException if there is no such series
   */
  static KernelPackage of(String series) {
    if (!SERIES.contains(series)) {
      throw new IllegalArgumentException(
          "There is no guest kernel \"" + series + "\". Choose one of " + SERIES + ".");
    }
    Properties pins = new Properties();
    try (InputStream in = KernelPins.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new IllegalStateException(RESOURCE + " is missing from this jar.");
      }
      pins.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new KernelPackage(
        series,
        pin(pins, series + ".package"),
        pin(pins, series + ".version"),
        pin(pins, series + ".sha256"));
  }

  private static String pin(Properties pins, String key) {
    String value = pins.getProperty(key);
    if (value == null) {
      throw new IllegalStateException(RESOURCE + " has no " + key + ".");
    }
    return value;
  }
}
