package dev.vsocklab.sim.engine;

import dev.vsocklab.VsockAddress;
import dev.vsocklab.sim.stack.Stack;
import dev.vsocklab.sim.wire.SocketType;
import dev.vsocklab.spi.KernelSocket;
import dev.vsocklab.spi.SocketLayer;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

/** A simulated machine's socket layer: opens sockets whose calls can wait. */
public final class SimSocketLayer implements SocketLayer {
  private final Stack stack;
  private final Engine engine;
  private final String name;
  private final Function<VsockAddress, String> refusals;

  /**
   * Creates the layer.
   *
   * @param stack the machine's stack
   * @param engine what the machine has of its engine
   * @param name its name in messages
   * @param refusals tells why the machine at an address refused a connect; empty if it is not known
   */
  public SimSocketLayer(
      Stack stack, Engine engine, String name, Function<VsockAddress, String> refusals) {
    this.stack = stack;
    this.engine = engine;
    this.name = name;
    this.refusals = refusals;
  }

  @Override
  public KernelSocket stream() {
    return new SimSocket(stack, stack.socket(SocketType.STREAM), engine, refusals);
  }

  @Override
  public KernelSocket seqpacket() {
    return new SimSocket(stack, stack.socket(SocketType.SEQPACKET), engine, refusals);
  }

  @Override
  public long localCid() {
    return stack.cid();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public ReentrantLock newLock() {
    return engine.newLock();
  }

  @Override
  public long nanoTime() {
    return engine.nanoTime();
  }
}
