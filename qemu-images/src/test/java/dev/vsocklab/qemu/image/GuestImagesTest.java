package dev.vsocklab.qemu.image;

import static dev.vsocklab.qemu.testing.Failures.assertSays;
import static dev.vsocklab.qemu.testing.Failures.messageOf;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.spi.Unavailable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The pinned hashes are those of the real packages, which a fake mirror cannot serve; so most
 * images here are of the package that takes the pin's place.
 */
class GuestImagesTest {
  private static final String AGENT = "int main(void) {}";
  private static final String OLDER = "linux-image-6.1.0-55-cloud-amd64=6.1.190-1";
  private static final String NEWER = "linux-image-6.1.0-99-cloud-amd64=6.1.1000-1";

  private final Path folder;

  GuestImagesTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private final FakeDebian debian = new FakeDebian();

  @Test
  void withoutThePinnedPackageTheNewestOfTheSeriesIsBuilt() throws IOException {
    debian.mirror.put(OLDER, new byte[] {1});
    debian.mirror.put(NEWER, new byte[] {2});
    debian.mirror.put("linux-image-6.12.1-cloud-amd64=6.12.1-1", new byte[] {3});

    GuestImage image = images(AGENT).get("6.1");

    assertEquals("6.1.1000", image.release());
    assertEquals("6.1.1000", images(AGENT).release("6.1"));
    assertEquals(7, Files.size(image.kernel()), "the uncompressed kernel");
    String initramfs = Files.readString(image.initramfs(), StandardCharsets.ISO_8859_1);
    assertTrue(
        initramfs.contains(
            """
            /modules/virtio_console.ko
            /modules/vsock.ko
            /modules/vmw_vsock_virtio_transport.ko
            /modules/vsock_loopback.ko
            /modules/vsock_diag.ko
            """),
        "modules.list in load order");
  }

  @Test
  void aHostOfGuestsHasVhostInPlaceOfTheGuestsTransportAndQemuWhereItIsHere() throws IOException {
    debian.mirror.put(NEWER, new byte[] {2});
    Path qemu = Files.writeString(folder.resolve("qemu"), "the very QEMU");

    GuestImage host = images(AGENT).hostOfGuests("6.1", List.of(qemu));

    assertEquals(images(AGENT).get("6.1").kernel(), host.kernel());
    String initramfs = Files.readString(host.initramfs(), StandardCharsets.ISO_8859_1);
    assertTrue(
        initramfs.contains(
            """
            /modules/virtio_console.ko
            /modules/vsock.ko
            /modules/vsock_loopback.ko
            /modules/vhost.ko
            /modules/vhost_vsock.ko
            """),
        "modules.list in load order");
    assertTrue(initramfs.contains(qemu.toString().substring(1) + "\0"), "QEMU's path");
    assertTrue(initramfs.contains("the very QEMU"), "QEMU");
    assertTrue(initramfs.contains("guest/initramfs.cpio\0"), "the guest's image");

    Files.writeString(qemu, "another QEMU");
    assertNotEquals(host, images(AGENT).hostOfGuests("6.1", List.of(qemu)));
  }

  @Test
  void theSecondTimeNoProgramRuns() throws IOException {
    debian.mirror.put(NEWER, new byte[] {2});
    GuestImage first = images(AGENT).get("6.1");
    debian.runs.clear();

    assertEquals(first, images(AGENT).get("6.1"));
    assertEquals(Collections.emptyList(), debian.runs);
  }

  @Test
  void aChangedAgentIsCompiledAgainAndTheKernelKept() throws IOException {
    debian.mirror.put(NEWER, new byte[] {2});
    GuestImage first = images(AGENT).get("6.1");
    debian.runs.clear();

    GuestImage second = images("int main(void) { return 1; }").get("6.1");

    assertEquals(List.of("gcc"), debian.runs);
    assertEquals(first.kernel(), second.kernel());
    assertNotEquals(first.initramfs(), second.initramfs());
  }

  @Test
  void aDamagedImageIsBuiltAgain() throws IOException {
    debian.mirror.put(NEWER, new byte[] {2});
    GuestImage image = images(AGENT).get("6.1");
    Files.write(image.kernel(), new byte[7]);

    images(AGENT).get("6.1");

    assertEquals(0x7f, Files.readAllBytes(image.kernel())[0]);
  }

  @Test
  void aWrongHashIsRefusedWithBoth() {
    KernelPackage pin = KernelPins.of("6.1");
    debian.mirror.put(pin.spec(), new byte[] {9});

    String message = failure();

    assertSays(message, pin.sha256());
    assertSays(message, "damaged or the mirror serves another file");
  }

  @Test
  void aFallbackWhoseHashChangesIsRefused() throws IOException {
    debian.mirror.put(NEWER, new byte[] {2});
    GuestImage image = images(AGENT).get("6.1");
    Files.delete(image.kernel());
    debian.mirror.put(NEWER, new byte[] {3});

    String message = failure();

    assertSays(message, "when it was first seen");
  }

  @Test
  void withNoPackageOfTheSeriesTheErrorNamesTheAptSources() {
    String message = failure();

    assertSays(message, "apt knows neither linux-image-6.1.0-");
    assertSays(message, "apt sources");
  }

  @Test
  void aGarbageKernelIsOneSentenceAndNothingIsKept() throws IOException {
    debian.mirror.put(NEWER, new byte[] {2});

    debian.vmlinuz = new byte[4096];
    assertSays(failure(), "has no x86 boot header");
    debian.vmlinuz = new byte[0];
    assertSays(failure(), "holds no vmlinuz");
    debian.vmlinuz = BzImages.of(BzImages.LZ4);
    debian.uncompressed = new byte[10];
    assertSays(failure(), "it is not an ELF file");

    debian.uncompressed = new byte[] {0x7f, 'E', 'L', 'F'};
    images(AGENT).get("6.1");
  }

  @Test
  void withoutItsDecompressorTheKernelIsBootedAsItIs() throws IOException {
    debian.mirror.put(NEWER, new byte[] {2});
    debian.programs.remove("lz4");

    GuestImage image = images(AGENT).get("6.1");

    assertEquals(debian.vmlinuz.length, Files.size(image.kernel()));
  }

  @Test
  void withoutGccItIsUnavailableUntilAnImageIsThere() throws IOException {
    debian.mirror.put(NEWER, new byte[] {2});
    debian.programs.remove("gcc");

    Unavailable why = images(AGENT).unavailable("6.1").orElseThrow();
    assertSays(why.why(), "no gcc");
    assertSays(why.mend(), "apt-get install gcc");
    assertSays(failure(), "no gcc on the PATH");

    debian.programs.add("gcc");
    images(AGENT).get("6.1");
    debian.programs.remove("gcc");
    assertTrue(images(AGENT).unavailable("6.1").isEmpty());
  }

  @Test
  void withoutAptItIsUnavailable() {
    debian.programs.remove("apt-get");
    debian.programs.remove("dpkg-deb");

    Unavailable why = images(AGENT).unavailable("6.1").orElseThrow();

    assertSays(why.why(), "no apt-get, no dpkg-deb");
    assertSays(failure(), "no apt-get, no dpkg-deb");
  }

  @Test
  void anAgentThatDoesNotCompileIsToldWithTheCompilersWords() {
    debian.mirror.put(NEWER, new byte[] {2});
    debian.gccStatus = 1;

    String message = failure();

    assertSays(message, "cannot find -lc");
  }

  @Test
  void anUnknownSeriesIsAnsweredWithThoseThatAre() {
    String message = messageOf(IllegalArgumentException.class, () -> images(AGENT).get("5.10"));
    assertSays(message, "[6.12, 6.1]");
  }

  private String failure() {
    return messageOf(IOException.class, () -> images(AGENT).get("6.1"));
  }

  /** As another JVM sees them: nothing is remembered but the folder. */
  private GuestImages images(String agent) {
    return new GuestImages(debian, new Cache(folder), AgentSource.of(agent));
  }
}
