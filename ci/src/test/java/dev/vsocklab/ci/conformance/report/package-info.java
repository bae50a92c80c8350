/**
 * The conformance suite's result: {@link dev.vsocklab.ci.conformance.report.Matrix} and its pages.
 */
@NullMarked
package dev.vsocklab.ci.conformance.report;

import org.jspecify.annotations.NullMarked;
