package dev.vsocklab.sim;

import dev.vsocklab.VsockAddress;
import dev.vsocklab.fault.FaultKind;
import dev.vsocklab.fault.ResetEvent;
import dev.vsocklab.sim.connection.Row;
import dev.vsocklab.sim.fabric.Fabric;
import dev.vsocklab.sim.fault.Struck;
import dev.vsocklab.sim.fault.Victim;
import dev.vsocklab.sim.stack.CallLimits;
import dev.vsocklab.sim.stack.Sock;
import dev.vsocklab.sim.stack.Stack;
import dev.vsocklab.sim.stack.Surroundings;
import dev.vsocklab.sim.wire.Header;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A simulated machine, for faults that strike it as a whole. */
final class SimVictim implements Victim {
  private final SimMachine machine;
  private final Fabric fabric;
  private final Stack stack;
  private final Surroundings timers;
  private final CopyOnWriteArrayList<CallLimits> limits = new CopyOnWriteArrayList<>();

  SimVictim(SimMachine machine, Fabric fabric, Stack stack, Surroundings timers) {
    this.machine = machine;
    this.fabric = fabric;
    this.stack = stack;
    this.timers = timers;
  }

  @Override
  public long cid() {
    return machine.cid();
  }

  @Override
  public @Nullable Mend strike(Struck struck) {
    FaultKind kind = struck.fault().kind();
    if (kind instanceof FaultKind.ProcessDeath) {
      stack.closeSockets();
      return Mend.NOTHING;
    }
    if (kind instanceof FaultKind.CountersNearWrap counters) {
      stack.beginCountersAt((int) -counters.bytesBefore());
      struck.count("counters of " + machine + " begin near 2^32");
      return () -> stack.beginCountersAt(0);
    }
    if (kind instanceof FaultKind.ShortReads reads) {
      return limit(new Limit(struck, reads.maxBytes(), Integer.MAX_VALUE));
    }
    if (kind instanceof FaultKind.ShortWrites writes) {
      return limit(new Limit(struck, Integer.MAX_VALUE, writes.maxBytes()));
    }
    if (kind.strikesMachine()) {
      checkIsGuest(kind);
    }
    if (kind instanceof FaultKind.Crash) {
      machine.crash();
      return machine::restart;
    }
    if (kind instanceof FaultKind.TransportReset reset) {
      return reset(reset);
    }
    return null;
  }

  @Override
  public List<Header> toldCredit() {
    return ofConnections(Sock::toldCredit);
  }

  @Override
  public List<Header> knownCredit() {
    return ofConnections(Sock::knownCredit);
  }

  private List<Header> ofConnections(Function<Sock, Header> what) {
    List<Header> headers = new ArrayList<>();
    for (Sock sock : stack.sockets()) {
      sock.lock();
      try {
        if (sock.connection().row() == Row.ESTABLISHED) {
          headers.add(what.apply(sock));
        }
      } finally {
        sock.unlock();
      }
    }
    return headers;
  }

  private void checkIsGuest(FaultKind kind) {
    if (cid() <= VsockAddress.CID_HOST) {
      throw new IllegalArgumentException(
          kind + " strikes a guest, and " + machine + " is none. Name a guest with .on(guest).");
    }
  }

  private Mend reset(FaultKind.TransportReset reset) {
    long oldCid = cid();
    if (reset.event() == ResetEvent.IN_TIME) {
      machine.resetTransport(reset.newCid() == 0 ? oldCid : reset.newCid());
      return Mend.NOTHING;
    }
    fabric.tellGone(oldCid);
    if (reset.event() == ResetEvent.LATE) {
      timers.schedule(reset.lateNanos(), () -> stack.transportReset(oldCid));
    }
    return Mend.NOTHING;
  }

  private Mend limit(CallLimits limit) {
    limits.add(limit);
    stack.limitCalls(new AllLimits());
    return () -> {
      limits.remove(limit);
      if (limits.isEmpty()) {
        stack.limitCalls(null);
      }
    };
  }

  /** One fault's limit: its most, or fewer by chance. */
  private record Limit(Struck struck, int mostReadBytes, int mostWrittenBytes)
      implements CallLimits {
    @Override
    public int readBytes(int wantedBytes) {
      return cut(wantedBytes, mostReadBytes, "a read");
    }

    @Override
    public int writeBytes(int wantedBytes) {
      return cut(wantedBytes, mostWrittenBytes, "a write");
    }

    private int cut(int wantedBytes, int mostBytes, String call) {
      if (mostBytes == Integer.MAX_VALUE || !struck.isItsTurn()) {
        return wantedBytes;
      }
      int bytes = Math.min(wantedBytes, mostBytes - struck.draw(mostBytes));
      if (bytes < wantedBytes) {
        struck.count(call + " of " + wantedBytes + " bytes was cut to " + bytes);
      }
      return bytes;
    }
  }

  /** What all faults together leave. */
  private final class AllLimits implements CallLimits {
    @Override
    public int readBytes(int wantedBytes) {
      int bytes = wantedBytes;
      for (CallLimits limit : limits) {
        bytes = limit.readBytes(bytes);
      }
      return bytes;
    }

    @Override
    public int writeBytes(int wantedBytes) {
      int bytes = wantedBytes;
      for (CallLimits limit : limits) {
        bytes = limit.writeBytes(bytes);
      }
      return bytes;
    }
  }
}
