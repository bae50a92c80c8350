/**
 * The choice sequence: what every decision of a deterministic run is drawn from. Read {@link
 * dev.vsocklab.sim.choice.Choices} first, then {@link dev.vsocklab.sim.choice.ChoiceStream}, which
 * is where to draw; {@link dev.vsocklab.sim.choice.ReplayFile} is how a failure is kept.
 *
 * <pre>
 *   a seed ───────────┐
 *   a recording ──────┼─▶ Choices ─▶ ChoiceStream "schedule", "faults", … ─▶ decisions
 *   Exhaustive ───────┘      │
 *                            └─▶ ChoiceSequence, the recording ─▶ Shrinker, ReplayFile
 * </pre>
 *
 * <p>Everywhere 0 is the simplest choice: no fault, no delay, the lowest id, the smallest size.
 * That is what makes one shrinker enough for all of them.
 */
@NullMarked
package dev.vsocklab.sim.choice;

import org.jspecify.annotations.NullMarked;
