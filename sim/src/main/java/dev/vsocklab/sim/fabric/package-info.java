/**
 * What carries packets between machines. Read {@link dev.vsocklab.sim.fabric.Fabric} first, then
 * {@link dev.vsocklab.sim.fabric.Port}: a machine, simulated or behind a virtio device, is a port
 * with a CID and nothing more.
 */
@NullMarked
package dev.vsocklab.sim.fabric;

import org.jspecify.annotations.NullMarked;
