/** libc, as far as vsocklab needs it. */
@NullMarked
package dev.vsocklab.linux;

import org.jspecify.annotations.NullMarked;
