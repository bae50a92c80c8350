package dev.vsocklab.qemu.agent;

/** A WATCH: calls back once, also when the socket is closed or its machine is gone. */
final class WatchCall extends Call {
  /** ECANCELED: a later watch took this one's place. */
  private static final int REPLACED = 125;

  private final Runnable onReady;

  WatchCall(Runnable onReady) {
    super(AgentOp.WATCH);
    this.onReady = onReady;
  }

  @Override
  void completed() {
    if (!isLost() && errno() == REPLACED) {
      return;
    }
    try {
      onReady.run();
    } catch (RuntimeException e) {
      // The callback's own fault; every other call of this machine goes on.
      Thread current = Thread.currentThread();
      current.getUncaughtExceptionHandler().uncaughtException(current, e);
    }
  }
}
