/**
 * The same socket calls on the simulator and on a real kernel must give the same record.
 *
 * <pre>
 *   ScenarioGenerator ─▶ Scenario ─┬▶ LayerRunner  (any SocketLayer) ─▶ Outcomes ─┐
 *                                  └▶ ScriptRunner (a real kernel)   ─▶ Outcomes ─┴▶ Duel ─▶ Shrinker
 * </pre>
 *
 * <p>Read {@link dev.vsocklab.ci.differential.Scenario} first, then {@link
 * dev.vsocklab.ci.differential.Duel}.
 */
@NullMarked
package dev.vsocklab.ci.differential;

import org.jspecify.annotations.NullMarked;
