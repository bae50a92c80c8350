/** What the tests of this module share. */
@NullMarked
package dev.vsocklab.qemu.testing;

import org.jspecify.annotations.NullMarked;
