package dev.vsocklab.ci.gallery;

import dev.vsocklab.sim.Simulation;

/** The gallery: one bug each, and how a run of the broken and of the fixed protocol goes. */
@SuppressWarnings("ImmutableEnumChecker") // the bodies make all their state anew for each run
enum Exhibit {
  LOST_WAKE_UP_ON_HALF_CLOSE(
      "every task waits for another",
      run -> HalfClose.property(run, HalfClose.Broken::new),
      run -> HalfClose.property(run, HalfClose.Fixed::new)),

  BOTH_WRITE_BEFORE_THEY_READ(
      "every task waits for another",
      run -> WriteBeforeRead.property(run, new WriteBeforeRead.Broken()),
      run -> WriteBeforeRead.property(run, new WriteBeforeRead.Fixed())),

  ONE_READ_PER_MESSAGE(
      "expected: <[",
      run -> OneReadPerMessage.property(run, new OneReadPerMessage.Broken()),
      run -> OneReadPerMessage.property(run, new OneReadPerMessage.Fixed())),

  RETRY_SENDS_TWICE(
      "on the balance",
      run -> DoubleSend.property(run, new DoubleSend.Broken()),
      run -> DoubleSend.property(run, new DoubleSend.Fixed())),

  RESET_TAKEN_FOR_THE_END(
      "bytes of the file",
      run -> IgnoredReset.property(run, new IgnoredReset.Broken()),
      run -> IgnoredReset.property(run, new IgnoredReset.Fixed())),

  LEAK_ON_REFUSED_CONNECT(
      "places",
      run -> RefusedLeak.property(run, new RefusedLeak.Broken()),
      run -> RefusedLeak.property(run, new RefusedLeak.Fixed())),

  NO_RECONNECT_AFTER_MIGRATION(
      "EADDRNOTAVAIL",
      run -> NoReconnect.property(run, NoReconnect.Broken::new),
      run -> NoReconnect.property(run, NoReconnect.Fixed::new)),

  STARVED_BY_AN_UNREAD_STREAM(
      "every task waits for another",
      run -> UnreadStream.property(run, new UnreadStream.Broken()),
      run -> UnreadStream.property(run, new UnreadStream.Fixed()));

  /** What the failure's message says, so that no other failure passes for this one. */
  final String symptom;

  final Simulation.Body broken;
  final Simulation.Body fixed;

  Exhibit(String symptom, Simulation.Body broken, Simulation.Body fixed) {
    this.symptom = symptom;
    this.broken = broken;
    this.fixed = fixed;
  }
}
