/**
 * A JVM inside a guest, for tests of what only the JVM's own kernel can do. Read {@link
 * dev.vsocklab.ci.guestjvm.GuestJvm} first.
 *
 * <pre>
 *   NativeInGuestTest ─▶ GuestJvm: this JVM's own java and class path, in a guest's root
 *                           └─▶ GuestRun.main there ─▶ JUnit ─▶ TestOutcome lines ─▶ dynamic tests here
 * </pre>
 */
@NullMarked
package dev.vsocklab.ci.guestjvm;

import org.jspecify.annotations.NullMarked;
