package dev.vsocklab.qemu.vhostuser;

import org.jspecify.annotations.Nullable;

/**
 * The vhost-user requests that a vsock device serves, with what may come along.
 *
 * <p>Source: QEMU's docs/interop/vhost-user.rst, "Front-end message types".
 */
enum Request {
  GET_FEATURES(1, 0, 0, 0),
  SET_FEATURES(2, 8, 8, 0),
  SET_OWNER(3, 0, 0, 0),
  RESET_OWNER(4, 0, 0, 0),
  SET_MEM_TABLE(5, 8, 8 + 8 * 32, 8),
  SET_VRING_NUM(8, 8, 8, 0),
  SET_VRING_ADDR(9, 40, 40, 0),
  SET_VRING_BASE(10, 8, 8, 0),
  GET_VRING_BASE(11, 8, 8, 0),
  SET_VRING_KICK(12, 8, 8, 1),
  SET_VRING_CALL(13, 8, 8, 1),
  SET_VRING_ERR(14, 8, 8, 1),
  GET_PROTOCOL_FEATURES(15, 0, 0, 0),
  SET_PROTOCOL_FEATURES(16, 8, 8, 0),
  GET_QUEUE_NUM(17, 0, 0, 0),
  SET_VRING_ENABLE(18, 8, 8, 0),
  SET_BACKEND_REQ_FD(21, 0, 0, 1),
  GET_CONFIG(24, 12, 12 + 256, 0),
  RESET_DEVICE(34, 0, 0, 0);

  /** Payload of the largest message in bytes. */
  static final int MAX_PAYLOAD_BYTES = 12 + 256;

  private final int id;
  private final int minPayloadBytes;
  private final int maxPayloadBytes;
  private final int maxFds;

  Request(int id, int minPayloadBytes, int maxPayloadBytes, int maxFds) {
    this.id = id;
    this.minPayloadBytes = minPayloadBytes;
    this.maxPayloadBytes = maxPayloadBytes;
    this.maxFds = maxFds;
  }

  int id() {
    return id;
  }

  int maxFds() {
    return maxFds;
  }

  boolean allowsPayloadBytes(long bytes) {
    return bytes >= minPayloadBytes && bytes <= maxPayloadBytes;
  }

  static @Nullable Request fromId(int id) {
    for (Request request : values()) {
      if (request.id == id) {
        return request;
      }
    }
    return null;
  }
}
