/** What a deterministic run of the whole simulator does, through its public face. */
@NullMarked
package dev.vsocklab.sim.simulation;

import org.jspecify.annotations.NullMarked;
