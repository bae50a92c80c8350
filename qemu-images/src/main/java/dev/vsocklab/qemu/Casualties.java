package dev.vsocklab.qemu;

import dev.vsocklab.qemu.launch.QemuGuest;
import dev.vsocklab.spi.BackendLab.ReportSection;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The machines of a lab that ended although the test did not end them, such as by a panic. */
final class Casualties {
  private final ReentrantLock lock = new ReentrantLock();
  private final List<Watched> watched = new ArrayList<>();
  private @Nullable String first;
  private @Nullable Consumer<String> listener;
  private boolean stopped;

  /**
   * A machine of the lab.
   *
   * @param wanted whether the test ended it, or said that it may end
   */
  private record Watched(GuestKernel kernel, BooleanSupplier wanted) {}

  /**
   * Watches a machine until {@link #stop}.
   *
   * @param wanted whether the test ended it, or said that it may end
   */
  void watch(GuestKernel kernel, BooleanSupplier wanted) {
    Watched one = new Watched(kernel, wanted);
    lock.lock();
    try {
      watched.add(one);
    } finally {
      lock.unlock();
    }
    kernel.guest().whenEnded(() -> add(one));
  }

  private void add(Watched one) {
    if (one.wanted().getAsBoolean()) {
      return;
    }
    QemuGuest guest = one.kernel().guest();
    add(String.valueOf(guest.told("ended although the test did not end it", null).getMessage()));
  }

  /**
   * Hears of a machine that tells its end itself; nothing once {@link #stop} was called.
   *
   * @param what a sentence with the machine's last words
   */
  void hear(String what) {
    lock.lock();
    try {
      if (stopped) {
        return;
      }
    } finally {
      lock.unlock();
    }
    add(what);
  }

  private void add(String what) {
    Consumer<String> toTell = null;
    lock.lock();
    try {
      if (first == null) {
        first = what;
        toTell = listener;
      }
    } finally {
      lock.unlock();
    }
    if (toTell != null) {
      toTell.accept(what);
    }
  }

  /** As {@link dev.vsocklab.spi.BackendLab#whenBroken}. */
  void whenBroken(Consumer<String> told) {
    String what;
    lock.lock();
    try {
      listener = told;
      what = first;
    } finally {
      lock.unlock();
    }
    if (what != null) {
      told.accept(what);
    }
  }

  /** What happened to the first of them. */
  Optional<String> first() {
    lock.lock();
    try {
      return Optional.ofNullable(first);
    } finally {
      lock.unlock();
    }
  }

  /** The first of them in a failure report: without its console, which has a section of its own. */
  Optional<ReportSection> report() {
    return first()
        .map(what -> new ReportSection("what broke", what.lines().findFirst().orElse(what)));
  }

  /** Ends the watch, with a last look: from now on the lab or the pool may end them. */
  void stop() {
    List<Watched> all;
    lock.lock();
    try {
      stopped = true;
      all = List.copyOf(watched);
      watched.clear();
    } finally {
      lock.unlock();
    }
    for (Watched one : all) {
      one.kernel().guest().forgetListener();
      if (one.kernel().isGone()) { // its agent hung up; QEMU's own end may not have been told yet
        add(one);
      }
    }
  }
}
