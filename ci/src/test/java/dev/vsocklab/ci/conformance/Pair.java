package dev.vsocklab.ci.conformance;

import dev.vsocklab.spi.KernelSocket;

/** Both ends of one connection. */
record Pair(KernelSocket client, KernelSocket server) {}
