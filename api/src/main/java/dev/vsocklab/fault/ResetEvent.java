package dev.vsocklab.fault;

/** What becomes of the event by which a guest's driver learns that its transport was reset. */
public enum ResetEvent {
  /** The driver gets it at once. */
  IN_TIME,
  /** The host's side forgets the connections first, the driver hears of it later. */
  LATE,
  /** The driver never hears of it: the event queue was full. */
  LOST
}
