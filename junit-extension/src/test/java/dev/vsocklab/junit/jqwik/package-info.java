/** What the arbitraries draw, checked with jqwik itself, and an example of a stateful property. */
@NullMarked
package dev.vsocklab.junit.jqwik;

import org.jspecify.annotations.NullMarked;
