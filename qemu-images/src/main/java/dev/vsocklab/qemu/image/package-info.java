/**
 * What a guest boots: a stock Debian kernel, an initramfs with the agent and the modules that it
 * needs, built once and kept in the user's cache folder. Read {@link
 * dev.vsocklab.qemu.image.GuestImages} first, then {@code Cache}.
 *
 * <pre>
 *   kernels.properties ─▶ AptPackages ─▶ KernelUnpacker ─▶ kernel, modules, load order ─┐
 *   vsock-agent.c      ─▶ AgentCompiler ─▶ agent ───────────────────────────────────────┴▶ Cpio
 * </pre>
 *
 * Every arrow's result is a cache entry named by the hash of its inputs.
 */
@NullMarked
package dev.vsocklab.qemu.image;

import org.jspecify.annotations.NullMarked;
