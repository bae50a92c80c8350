package dev.vsocklab.sim.stack;

import dev.vsocklab.sim.wire.Header;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Connections by the peer's address and the local port; the local CID does not count.
 *
 * <p>Source: Linux {@code __vsock_find_connected_socket}.
 */
final class ConnectedTable {
  private record Key(int remoteCid, int remotePort, int localPort) {}

  private final ConcurrentHashMap<Key, Sock> connections = new ConcurrentHashMap<>();

  @Nullable Sock find(Header header) {
    return connections.get(new Key((int) header.srcCid(), header.srcPort(), header.dstPort()));
  }

  void add(Sock sock) {
    connections.put(key(sock), sock);
  }

  void remove(Sock sock) {
    connections.remove(key(sock), sock);
  }

  void clear() {
    connections.clear();
  }

  /** All of them, in no order. */
  List<Sock> all() {
    return List.copyOf(connections.values());
  }

  private static Key key(Sock sock) {
    return new Key((int) sock.remoteCid(), (int) sock.remotePort(), (int) sock.localPort());
  }
}
