/**
 * Do the suites bite? Read {@link dev.vsocklab.ci.teeth.Mutations} first, a table of bugs that are
 * put into the simulator one at a time; then {@link dev.vsocklab.ci.teeth.TeethTest}: the
 * conformance suite or the corpus of the differential run must catch each.
 */
@NullMarked
package dev.vsocklab.ci.teeth;

import org.jspecify.annotations.NullMarked;
