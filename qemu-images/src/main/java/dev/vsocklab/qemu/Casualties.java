package dev.vsocklab.qemu;

import dev.vsocklab.qemu.launch.QemuGuest;
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
  private final List<QemuGuest> watched = new ArrayList<>();
  private @Nullable String first;
  private @Nullable Consumer<String> listener;

  /**
   * Watches a machine until {@link #stop}.
   *
   * @param wanted whether the test ended it, or said that it may end
   */
  void watch(QemuGuest guest, BooleanSupplier wanted) {
    lock.lock();
    try {
      watched.add(guest);
    } finally {
      lock.unlock();
    }
    guest.whenEnded(
        () -> {
          if (!wanted.getAsBoolean()) {
            add(
                String.valueOf(
                    guest.told("ended although the test did not end it", null).getMessage()));
          }
        });
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

  /** Ends the watch: from now on the lab or the pool may end them. */
  void stop() {
    lock.lock();
    try {
      watched.forEach(QemuGuest::forgetListener);
      watched.clear();
    } finally {
      lock.unlock();
    }
  }
}
