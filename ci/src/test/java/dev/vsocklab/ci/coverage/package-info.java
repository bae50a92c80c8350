/** What a run of tests reached of the simulator's connection table. */
@NullMarked
package dev.vsocklab.ci.coverage;

import org.jspecify.annotations.NullMarked;
