package dev.vsocklab.qemu.image;

import java.nio.file.Path;

/**
 * What QEMU needs to boot one kernel.
 *
 * @param series the kernel series, for example {@code 6.1}
 * @param release the exact kernel, for example {@code 6.1.192}
 * @param kernel an uncompressed vmlinux, or a bzImage where it could not be uncompressed
 * @param initramfs a cpio archive with the agent as {@code /init}, its modules and {@code
 *     /modules.list}
 */
public record GuestImage(String series, String release, Path kernel, Path initramfs) {}
