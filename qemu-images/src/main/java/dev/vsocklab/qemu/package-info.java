/** Stock Linux guests in QEMU. */
@NullMarked
package dev.vsocklab.qemu;

import org.jspecify.annotations.NullMarked;
