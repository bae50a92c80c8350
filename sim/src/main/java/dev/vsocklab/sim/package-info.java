/**
 * The simulator. Read {@link dev.vsocklab.sim.SimBackend} first, which opens labs, and {@link
 * dev.vsocklab.sim.SimMachine}, which is a whole simulated machine on a fabric.
 *
 * <p>The rooms, bottom up; a room knows only those before it:
 *
 * <pre>
 *   wire ─ credit ─ connection ─ stack ─ fabric ─ engine ─ (this package)
 * </pre>
 */
@NullMarked
package dev.vsocklab.sim;

import org.jspecify.annotations.NullMarked;
