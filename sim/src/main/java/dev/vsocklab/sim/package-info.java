/** The simulator. */
@NullMarked
package dev.vsocklab.sim;

import org.jspecify.annotations.NullMarked;
