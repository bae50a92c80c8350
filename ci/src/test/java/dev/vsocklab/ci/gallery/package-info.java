/**
 * Eight example protocols with one bug each, the fixed version beside it, and the property that
 * tells them apart. Read {@link dev.vsocklab.ci.gallery.Exhibit} first, the list; {@link
 * dev.vsocklab.ci.gallery.GalleryTest} lets the simulator find each bug, shrink it and replay it.
 *
 * <p>A protocol knows a {@link dev.vsocklab.VsockProvider} or a channel, as production code does.
 * Its property plays it in a {@link dev.vsocklab.sim.Simulation} and draws from the choices what
 * the protocol cannot know: how much is sent, who is faster, when a machine migrates.
 */
@NullMarked
package dev.vsocklab.ci.gallery;

import org.jspecify.annotations.NullMarked;
