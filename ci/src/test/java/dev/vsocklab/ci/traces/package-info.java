/** Tests of what compares ledgers of trace hashes. */
@NullMarked
package dev.vsocklab.ci.traces;

import org.jspecify.annotations.NullMarked;
