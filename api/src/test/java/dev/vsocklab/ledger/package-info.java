/**
 * Which test a trace hash belongs to. Every module's tests see this package, as a jar, and JUnit
 * finds {@link dev.vsocklab.ledger.TestsInLedger} as a service.
 */
@NullMarked
package dev.vsocklab.ledger;

import org.jspecify.annotations.NullMarked;
