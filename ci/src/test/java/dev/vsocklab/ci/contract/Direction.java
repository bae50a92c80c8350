package dev.vsocklab.ci.contract;

import dev.vsocklab.Machine;

/** Who listens. */
enum Direction {
  HOST_LISTENS,
  GUEST_LISTENS;

  Machine listener(Machine host, Machine guest) {
    return this == HOST_LISTENS ? host : guest;
  }

  Machine connector(Machine host, Machine guest) {
    return this == HOST_LISTENS ? guest : host;
  }
}
