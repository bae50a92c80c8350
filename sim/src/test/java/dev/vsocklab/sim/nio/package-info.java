/**
 * The JDK's contracts over the simulator, and what only a simulator can show of the faces. Read
 * {@link dev.vsocklab.sim.nio.SimNets} first.
 */
@NullMarked
package dev.vsocklab.sim.nio;

import org.jspecify.annotations.NullMarked;
