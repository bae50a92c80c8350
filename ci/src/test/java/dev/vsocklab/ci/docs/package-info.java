/**
 * The code on the page {@code docs/property-based-testing.md}, and the test that holds the two
 * together. The classes of the page are not named {@code …Test}, for one of them is meant to fail.
 */
@NullMarked
package dev.vsocklab.ci.docs;

import org.jspecify.annotations.NullMarked;
