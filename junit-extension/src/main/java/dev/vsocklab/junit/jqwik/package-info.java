/**
 * What properties of vsock programs draw, for jqwik. Read {@link
 * dev.vsocklab.junit.jqwik.VsockArbitraries} first; {@link dev.vsocklab.junit.jqwik.VsockDomain}
 * gives the same to {@code @ForAll} parameters by their type.
 *
 * <p>Everything shrinks to what is simplest to read: no fault, one chunk, few and short messages,
 * port 0, CID 2.
 */
@NullMarked
package dev.vsocklab.junit.jqwik;

import org.jspecify.annotations.NullMarked;
