package dev.vsocklab.qemu.image;

import static dev.vsocklab.qemu.testing.Failures.assertSays;
import static dev.vsocklab.qemu.testing.Failures.messageOf;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ModuleOrderTest {
  private final Map<String, byte[]> files = new HashMap<>();
  private final Set<String> builtIn = new HashSet<>();

  @Test
  void aModuleComesAfterAllThatItNeedsAndOnlyOnce() throws IOException {
    files.put("virtio_pci", Elf.module("depends=virtio_ring,virtio,virtio-pci-modern-dev"));
    files.put("virtio", Elf.module("depends=virtio_ring"));
    files.put("virtio_ring", Elf.module("depends="));
    files.put("virtio_pci_modern_dev", Elf.module("depends="));
    files.put("virtio_console", Elf.module("depends=virtio_ring,virtio"));

    assertEquals(
        List.of("virtio_ring", "virtio", "virtio_pci_modern_dev", "virtio_pci", "virtio_console"),
        order("virtio_pci", "virtio_console"));
  }

  @Test
  void whatIsBuiltIntoTheKernelIsLeftOut() throws IOException {
    files.put("vsock", Elf.module("depends="));
    files.put("transport", Elf.module("depends=virtio,vsock"));
    builtIn.add("virtio");
    builtIn.add("virtio_pci");

    assertEquals(List.of("vsock", "transport"), order("virtio_pci", "transport"));
  }

  @Test
  void aCircleIsAnErrorAndNotEndless() {
    files.put("a", Elf.module("depends=b"));
    files.put("b", Elf.module("depends=a"));

    String message = messageOf(IOException.class, () -> order("a"));
    assertSays(message, "circle");
  }

  @Test
  void aMissingModuleIsNamed() {
    files.put("a", Elf.module("depends=absent"));

    String message = messageOf(IOException.class, () -> order("a"));
    assertSays(message, "absent");
  }

  @Test
  void aFileThatIsNoModuleIsRefusedWithItsName() {
    byte[] noSections = Elf.module("depends=");
    noSections[0x28] = (byte) 0xff; // the section table now lies outside
    noSections[0x29] = (byte) 0xff;
    byte[] noModinfo = Elf.module("depends=");
    noModinfo[0x3c] = 1;

    for (byte[] garbage : List.of(new byte[0], new byte[200], noSections, noModinfo)) {
      files.put("broken", garbage);
      String message = messageOf(IOException.class, () -> order("broken"));
      assertSays(message, "broken cannot be read");
    }
  }

  private List<String> order(String... wanted) throws IOException {
    ModuleOrder.Modules modules =
        new ModuleOrder.Modules() {
          @Override
          public boolean isBuiltIn(String name) {
            return builtIn.contains(name);
          }

          @Override
          public byte[] file(String name) throws IOException {
            byte[] file = files.get(name);
            if (file == null) {
              throw new IOException("no " + name);
            }
            return file;
          }
        };
    return List.copyOf(ModuleOrder.of(List.of(wanted), modules).keySet());
  }
}
