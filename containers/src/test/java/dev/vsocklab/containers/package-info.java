/**
 * Tests of containers: those tagged {@code containers} need an engine, see ci/containers-engine.
 */
@NullMarked
package dev.vsocklab.containers;

import org.jspecify.annotations.NullMarked;
