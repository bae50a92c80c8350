/** The JUnit side of vsocklab. */
@NullMarked
package dev.vsocklab.junit;

import org.jspecify.annotations.NullMarked;
