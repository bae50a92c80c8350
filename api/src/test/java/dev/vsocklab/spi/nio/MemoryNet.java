package dev.vsocklab.spi.nio;

import dev.vsocklab.Errno;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.spi.SocketLayer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One machine that talks to itself, in memory: what the faces are tested against without a
 * simulator. One lock for everything, and as strict as the SPI allows: callbacks run under that
 * lock, and a callback that calls a socket fails.
 */
final class MemoryNet implements SocketLayer {
  static final long CID = 42;

  final ReentrantLock lock = new ReentrantLock();
  final Condition changed = lock.newCondition();
  final Map<Long, MemorySocket> listeners = new HashMap<>();
  final Set<Long> usedPorts = new HashSet<>();
  final List<MemorySocket> sockets = new ArrayList<>();
  final Set<Long> silentPorts = new HashSet<>();
  final List<MemorySocket> unanswered = new ArrayList<>();
  final AtomicInteger polls = new AtomicInteger();
  final AtomicInteger reads = new AtomicInteger();
  final AtomicInteger writes = new AtomicInteger();
  boolean inCallback;

  /** Whether this kernel has SIOCINQ and SIOCOUTQ; else ENOTTY. */
  volatile boolean countsBytes = true;

  /** Whether this kernel peeks at messages; else ENOMEM, as Linux before 6.6. */
  volatile boolean peeksAtMessages = true;

  /** What a message gives that is too long: ENOMEM on Linux before 6.4. */
  volatile Errno errnoOfTooLong = Errno.EMSGSIZE;

  @Nullable String gone;
  private long nextPort = 5000;

  @Override
  public MemorySocket stream() throws IOException {
    return newSocket(MemorySocket.Type.STREAM);
  }

  @Override
  public MemorySocket seqpacket() throws IOException {
    return newSocket(MemorySocket.Type.SEQPACKET);
  }

  private MemorySocket newSocket(MemorySocket.Type type) throws IOException {
    lock.lock();
    try {
      ensureReachable();
      MemorySocket socket = new MemorySocket(this, type);
      sockets.add(socket);
      return socket;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public long localCid() {
    return CID;
  }

  @Override
  public String name() {
    return "vm(42)";
  }

  /** Connects to the port get no answer until {@link #answer}. */
  void silence(VsockAddress address) {
    lock.lock();
    try {
      silentPorts.add(address.port());
    } finally {
      lock.unlock();
    }
  }

  /** Answers every unanswered connect as if it came now. */
  void answer() {
    lock.lock();
    try {
      silentPorts.clear();
      unanswered.forEach(MemorySocket::arrive);
      unanswered.clear();
      wakeAll();
    } finally {
      lock.unlock();
    }
  }

  /** The machine is gone: from now on no call reaches it. */
  void lose(String why) {
    lock.lock();
    try {
      gone = why;
      wakeAll();
    } finally {
      lock.unlock();
    }
  }

  /** The socket that was opened or accepted last. */
  MemorySocket newest() {
    lock.lock();
    try {
      return sockets.get(sockets.size() - 1);
    } finally {
      lock.unlock();
    }
  }

  long freePort() {
    while (!usedPorts.add(nextPort)) {
      nextPort++;
    }
    return nextPort;
  }

  void ensureReachable() throws IOException {
    if (inCallback) {
      throw new AssertionError("A watch callback called a socket.");
    }
    if (gone != null) {
      throw new IOException(gone);
    }
  }

  /** After every change: wakes those who wait, and calls those back who watch. */
  void wakeAll() {
    changed.signalAll();
    for (int i = 0; i < sockets.size(); i++) {
      sockets.get(i).callBackIfReady();
    }
  }
}
