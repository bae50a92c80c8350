/** The map of the rooms, as rules that fail the build. */
@NullMarked
package dev.vsocklab.ci.architecture;

import org.jspecify.annotations.NullMarked;
