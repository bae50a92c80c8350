package dev.vsocklab.sim.stack;

import dev.vsocklab.Errno;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.spi.ErrnoException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Sockets by the port that they are bound to, and the automatic ports. Safe for any number of
 * threads; its lock is the innermost.
 *
 * <p>Source: Linux {@code __vsock_bind_connectible}, {@code __vsock_find_bound_socket}.
 */
final class BoundTable {
  /** Ports up to this one are privileged ({@code LAST_RESERVED_PORT}). */
  static final long LAST_RESERVED_PORT = 1023;

  /** How many automatic ports are tried ({@code MAX_PORT_RETRIES}). */
  private static final int AUTOMATIC_TRIES = 24;

  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Long, List<Sock>> byPort = new HashMap<>();
  private final Surroundings surroundings;

  /** The next automatic port; 0 before the first one is asked for. */
  private long nextAutomaticPort;

  BoundTable(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  /**
   * Gives a socket an address.
   *
   * @return the address, with the port that was chosen
   */
  VsockAddress bind(Sock sock, VsockAddress wanted) throws ErrnoException {
    lock.lock();
    try {
      VsockAddress address =
          wanted.port() == VsockAddress.PORT_ANY ? automatic(wanted.cid()) : wanted;
      if (find(address.cid(), address.port()) != null) {
        throw new ErrnoException(
            Errno.EADDRINUSE, "another socket of this machine has port " + address.port());
      }
      byPort.computeIfAbsent(address.port(), port -> new ArrayList<>(1)).add(sock);
      return address;
    } finally {
      lock.unlock();
    }
  }

  @Nullable Sock lookUp(long cid, long port) {
    lock.lock();
    try {
      return find(cid, port);
    } finally {
      lock.unlock();
    }
  }

  void remove(Sock sock, long port) {
    lock.lock();
    try {
      List<Sock> there = byPort.get(port);
      if (there != null && there.remove(sock) && there.isEmpty()) {
        byPort.remove(port);
      }
    } finally {
      lock.unlock();
    }
  }

  void clear() {
    lock.lock();
    try {
      byPort.clear();
    } finally {
      lock.unlock();
    }
  }

  List<Sock> all() {
    lock.lock();
    try {
      return byPort.values().stream().flatMap(List::stream).toList();
    } finally {
      lock.unlock();
    }
  }

  private VsockAddress automatic(long cid) throws ErrnoException {
    if (nextAutomaticPort == 0) {
      nextAutomaticPort = surroundings.firstAutomaticPort();
    }
    for (int i = 0; i < AUTOMATIC_TRIES; i++) {
      if (nextAutomaticPort >= VsockAddress.PORT_ANY || nextAutomaticPort <= LAST_RESERVED_PORT) {
        nextAutomaticPort = LAST_RESERVED_PORT + 1;
      }
      long port = nextAutomaticPort++;
      if (find(cid, port) == null) {
        return VsockAddress.of(cid, port);
      }
    }
    throw new ErrnoException(
        Errno.EADDRNOTAVAIL, AUTOMATIC_TRIES + " automatic ports in a row are taken");
  }

  private @Nullable Sock find(long cid, long port) {
    List<Sock> there = byPort.get(port);
    if (there == null) {
      return null;
    }
    for (Sock sock : there) {
      long bound = sock.boundCid();
      if (bound == cid || bound == VsockAddress.CID_ANY || cid == VsockAddress.CID_ANY) {
        return sock;
      }
    }
    return null;
  }
}
