package dev.vsocklab.qemu.image;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The order in which modules must be loaded: each after all that it needs. What is built into the
 * kernel is left out.
 */
final class ModuleOrder {
  private final Modules modules;
  private final Map<String, byte[]> loaded = new LinkedHashMap<>();
  private final Set<String> begun = new LinkedHashSet<>();

  private ModuleOrder(Modules modules) {
    this.modules = modules;
  }

  /** The modules of one kernel package. */
  interface Modules {
    /** Whether a module is part of the kernel itself; the name has underscores. */
    boolean isBuiltIn(String name);

    /**
     * A module's uncompressed file.
     *
     * @throws IOException if the package has no such module
     */
    byte[] file(String name) throws IOException;
  }

  /**
   * Orders modules.
   *
   * @param wanted what the guest needs, names with underscores
   * @param modules the kernel package's modules
   * @return name and file of each module to load, in order
   * @throws IOException if one is missing, unreadable, or needs itself
   */
  static Map<String, byte[]> of(List<String> wanted, Modules modules) throws IOException {
    ModuleOrder order = new ModuleOrder(modules);
    for (String name : wanted) {
      order.add(name);
    }
    return order.loaded;
  }

  private void add(String name) throws IOException {
    if (loaded.containsKey(name) || modules.isBuiltIn(name)) {
      return;
    }
    if (!begun.add(name)) {
      throw new IOException(
          "The kernel modules " + begun + " need each other in a circle: the package is damaged.");
    }
    byte[] file = modules.file(name);
    for (String needed : ModuleInfo.depends(name, file)) {
      add(needed);
    }
    loaded.put(name, file);
  }
}
