/** What {@code ci/demo} runs. */
@NullMarked
package dev.vsocklab.ci.demo;

import org.jspecify.annotations.NullMarked;
