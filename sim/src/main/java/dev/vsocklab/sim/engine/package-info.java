/**
 * Who runs the simulator and when: the only room with threads, clocks and randomness. Read {@link
 * dev.vsocklab.sim.engine.FreeThreads} first, the engine that the user's own threads drive; then
 * {@link dev.vsocklab.sim.engine.SimSocketLayer}, the calls that wait.
 */
@NullMarked
package dev.vsocklab.sim.engine;

import org.jspecify.annotations.NullMarked;
