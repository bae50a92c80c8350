/** How a user's test reads. {@code ci/demo} runs it on every backend. */
@NullMarked
package dev.vsocklab.ci.example;

import org.jspecify.annotations.NullMarked;
