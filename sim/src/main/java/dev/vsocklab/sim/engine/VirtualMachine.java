package dev.vsocklab.sim.engine;

import dev.vsocklab.sim.wire.Packet;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/** One machine's share of a deterministic run. */
final class VirtualMachine implements Engine {
  private final VirtualRun run;
  private final long cid;
  private final List<Link> links = new ArrayList<>(4);
  private boolean closed;

  VirtualMachine(VirtualRun run, long cid) {
    this.run = run;
    this.cid = cid;
  }

  long cid() {
    return cid;
  }

  @Override
  public Alarm schedule(long delayNanos, Runnable task) {
    return run.schedule(
        delayNanos,
        () -> {
          if (!closed) {
            task.run();
          }
        });
  }

  @Override
  public WaitPoint waitPoint(ReentrantLock lock, Awaited awaited, Object socket) {
    return new VirtualWaitPoint(run, lock, new Waiters(awaited, socket));
  }

  @Override
  public void carry(Packet packet, Consumer<Packet> way) {
    link(way, packet.header().dstCid()).send(packet);
  }

  private Link link(Consumer<Packet> way, long toCid) {
    for (int i = 0; i < links.size(); i++) {
      Link link = links.get(i);
      if (link.way == way && link.toCid == toCid) {
        return link;
      }
    }
    Link link = run.newLink(this, way, toCid);
    links.add(link);
    return link;
  }

  @Override
  public long firstAutomaticPort() {
    return run.firstAutomaticPort();
  }

  @Override
  public void callBegins() {
    run.callBegins();
  }

  @Override
  public ReentrantLock newLock() {
    return run.newLock();
  }

  @Override
  public long nanoTime() {
    return run.nowNanos();
  }

  @Override
  public void close() {
    closed = true;
  }
}
