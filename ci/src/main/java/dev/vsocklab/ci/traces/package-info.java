/**
 * Determinism across runs and JDKs: {@link dev.vsocklab.ci.traces.CompareTraces} reads the ledgers
 * of trace hashes that runs of the same tests wrote, and {@link dev.vsocklab.ci.traces.Comparison}
 * holds each test's against the first ledger's.
 *
 * <pre>
 *   JDK 17 ─▶ ledger ─┐
 *   JDK 17 ─▶ ledger ─┼─▶ Comparison ─▶ the same, or who differs where
 *   JDK 25 ─▶ ledger ─┘
 * </pre>
 */
@NullMarked
package dev.vsocklab.ci.traces;

import org.jspecify.annotations.NullMarked;
