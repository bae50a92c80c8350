/**
 * The sockets of module {@code native} on the kernel that runs the JVM: its loopback must work, so
 * these tests are tagged {@code local} and run in a guest, see {@link dev.vsocklab.ci.guestjvm}.
 * Read {@link dev.vsocklab.ci.linux.LocalNet} first.
 */
@NullMarked
package dev.vsocklab.ci.linux;

import org.jspecify.annotations.NullMarked;
