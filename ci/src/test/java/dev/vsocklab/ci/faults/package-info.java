/** What a fault says when it did nothing. */
@NullMarked
package dev.vsocklab.ci.faults;

import org.jspecify.annotations.NullMarked;
