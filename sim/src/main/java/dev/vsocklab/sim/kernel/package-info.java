/**
 * Which Linux a simulated machine runs. Read {@link dev.vsocklab.sim.kernel.KernelProfile} first,
 * then {@link dev.vsocklab.sim.kernel.KernelHabit}: every point in which the profiles differ has a
 * name there, with its source. Nothing else in the simulator knows a kernel's version.
 */
@NullMarked
package dev.vsocklab.sim.kernel;

import org.jspecify.annotations.NullMarked;
