package dev.vsocklab.qemu.image;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** What every initramfs begins with: the agent as init, and the modules that it loads. */
final class InitFiles {
  private InitFiles() {}

  /**
   * Writes them.
   *
   * @param agent the program
   * @param unpacked the unpacked kernel package
   * @param moduleList which of its lists of modules
   */
  static void write(Cpio cpio, Path agent, Path unpacked, String moduleList) throws IOException {
    cpio.folder("dev");
    cpio.characterDevice("dev/console", 5, 1); // the kernel opens it for init before devtmpfs
    cpio.file("init", 0755, Files.readAllBytes(agent));
    cpio.folder("modules");
    StringBuilder list = new StringBuilder();
    for (String name : Files.readAllLines(unpacked.resolve(moduleList), StandardCharsets.UTF_8)) {
      String path = "modules/" + name + ".ko";
      cpio.file(path, 0644, Files.readAllBytes(unpacked.resolve(path)));
      list.append('/').append(path).append('\n');
    }
    cpio.file("modules.list", 0644, list.toString().getBytes(StandardCharsets.UTF_8));
  }
}
