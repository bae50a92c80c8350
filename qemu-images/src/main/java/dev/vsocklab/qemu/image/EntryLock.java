package dev.vsocklab.qemu.image;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Keeps an entry of the cache from other threads and other JVMs. The system takes it back from a
 * JVM that dies.
 *
 * <p>Within this JVM a lock of Java's comes first, so that the file is open once at most: POSIX
 * file locks end when the process closes any descriptor of the file.
 */
final class EntryLock implements AutoCloseable {
  /** Between two tries for the file: Java has no timed wait for a file lock. */
  private static final long RETRY_MILLIS = 50;

  private static final Map<Path, ReentrantLock> OF_THIS_JVM = new ConcurrentHashMap<>();

  private final ReentrantLock inThisJvm;
  private final FileChannel channel;

  private EntryLock(ReentrantLock inThisJvm, FileChannel channel) {
    this.inThisJvm = inThisJvm;
    this.channel = channel;
  }

  /**
   * Takes the lock.
   *
   * @param file the lock's file, created if it is not there
   * @param deadline how long to wait for whoever has it
   * @throws IOException if it was not to be had in time, or not at all
   */
  static EntryLock take(Path file, Duration deadline) throws IOException {
    long endNanos = System.nanoTime() + deadline.toNanos();
    ReentrantLock inThisJvm = inThisJvm(file);
    try {
      while (true) {
        long leftNanos = endNanos - System.nanoTime();
        if (leftNanos <= 0 || !inThisJvm.tryLock(leftNanos, TimeUnit.NANOSECONDS)) {
          throw late(file, deadline);
        }
        Optional<EntryLock> lock = lockFile(file, inThisJvm);
        if (lock.isPresent()) {
          return lock.get();
        }
        Thread.sleep(RETRY_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted while waiting for " + file + ".", e);
    }
  }

  /** Takes the lock if nobody has it. */
  static Optional<EntryLock> tryTake(Path file) throws IOException {
    ReentrantLock inThisJvm = inThisJvm(file);
    return !inThisJvm.isHeldByCurrentThread() && inThisJvm.tryLock()
        ? lockFile(file, inThisJvm)
        : Optional.empty();
  }

  private static ReentrantLock inThisJvm(Path file) {
    return OF_THIS_JVM.computeIfAbsent(file.toAbsolutePath(), f -> new ReentrantLock());
  }

  /** With Java's lock held, which is given back if the file's is not to be had. */
  private static Optional<EntryLock> lockFile(Path file, ReentrantLock inThisJvm)
      throws IOException {
    @Nullable FileChannel channel = null;
    boolean locked = false;
    try {
      channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      @Nullable FileLock lock = channel.tryLock();
      locked = lock != null;
      return locked ? Optional.of(new EntryLock(inThisJvm, channel)) : Optional.empty();
    } catch (OverlappingFileLockException e) {
      return Optional.empty(); // another class loader's copy of this class has it
    } finally {
      if (!locked) {
        if (channel != null) {
          channel.close();
        }
        inThisJvm.unlock();
      }
    }
  }

  private static IOException late(Path file, Duration deadline) {
    return new IOException(
        "Somebody has held "
            + file
            + " for "
            + deadline.toSeconds()
            + " s. End the process that builds the entry there, then try again.");
  }

  /** Gives it back; the thread that took it does. */
  @Override
  public void close() throws IOException {
    try {
      channel.close();
    } finally {
      inThisJvm.unlock();
    }
  }
}
