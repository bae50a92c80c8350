/** Captures held against programs that nobody here wrote. */
@NullMarked
package dev.vsocklab.ci.capture;

import org.jspecify.annotations.NullMarked;
