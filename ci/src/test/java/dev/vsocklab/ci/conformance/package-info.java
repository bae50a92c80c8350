/**
 * The conformance suite: what Linux's AF_VSOCK does, case by case, for every backend that claims to
 * be Linux.
 *
 * <p>Read {@link dev.vsocklab.ci.conformance.Case}, what a case is, and {@link
 * dev.vsocklab.ci.conformance.Ends}, what it has to work with. Cases know the kernel's socket calls
 * and two machines; they do not know backends.
 *
 * <pre>
 *   Suite     every class of cases         ConformanceTest   columns: backend, kernel, direction
 *     | @Case methods                        | one lab for each cell
 *     +-----------------> CaseRun <----------+
 *                            | Cell
 *                         Matrix ----> matrix.json, index.html, summary.md
 * </pre>
 */
@NullMarked
package dev.vsocklab.ci.conformance;

import org.jspecify.annotations.NullMarked;
