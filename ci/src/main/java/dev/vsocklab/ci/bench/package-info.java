/**
 * How fast things are, side by side in one run. Read {@link dev.vsocklab.ci.bench.Bench} first: it
 * runs the benchmarks and prints the table. {@link dev.vsocklab.ci.bench.Transport} is what they
 * compare.
 *
 * <p>What makes the lines comparable: one benchmark's code serves every transport, with the same
 * direct buffers, the same two platform threads and blocking channels; every transport keeps the
 * kernel's default socket buffers and options, which is TCP at its best (Nagle's algorithm joins
 * small writes, buffers grow by themselves).
 */
@NullMarked
package dev.vsocklab.ci.bench;

import org.jspecify.annotations.NullMarked;
