package dev.vsocklab.sim.fault;

import dev.vsocklab.VsockAddress;
import dev.vsocklab.fault.PacketOp;
import dev.vsocklab.sim.wire.Header;
import dev.vsocklab.sim.wire.Op;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Ends connections with RST, or does not let them begin. */
abstract class ResetRule extends Rule {
  ResetRule(Struck struck) {
    super(struck);
  }

  /** At a byte of one direction. */
  static final class AtByte extends ResetRule {
    private static final long OVER = -1;

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Direction, Long> passedBytes = new HashMap<>();
    private final long byteNumber;

    AtByte(Struck struck, long byteNumber) {
      super(struck);
      this.byteNumber = byteNumber;
    }

    @Override
    boolean takes(Passing passing) {
      Op op = passing.header().op();
      if (op == Op.REQUEST) {
        forget(passing.direction()); // another connection between the same addresses
        return false;
      }
      if (op != Op.RW) {
        return false;
      }
      int lengthBytes = passing.header().lengthBytes();
      long before = passing(passing.direction(), lengthBytes);
      if (before == OVER || before + lengthBytes < byteNumber) {
        return false;
      }
      mark(passing.direction(), OVER);
      if (!struck().isItsTurn(passing.header())) {
        return false;
      }
      int stillBytes = (int) (byteNumber - before);
      if (stillBytes > 0) {
        passing.sendOn(cut(passing.header(), stillBytes));
      }
      passing.resetBothEnds();
      return true;
    }

    /** A message that is cut has no end. */
    private static Header cut(Header header, int stillBytes) {
      Header shorter = header.withLengthBytes(stillBytes);
      return stillBytes == header.lengthBytes() ? header : Headers.withFlags(shorter, 0);
    }

    private long passing(Direction direction, int lengthBytes) {
      lock.lock();
      try {
        long before = passedBytes.getOrDefault(direction, 0L);
        if (before != OVER) {
          passedBytes.put(direction, before + lengthBytes);
        }
        return before;
      } finally {
        lock.unlock();
      }
    }

    private void mark(Direction direction, long bytes) {
      lock.lock();
      try {
        passedBytes.put(direction, bytes);
      } finally {
        lock.unlock();
      }
    }

    private void forget(Direction direction) {
      lock.lock();
      try {
        passedBytes.remove(direction);
        passedBytes.remove(direction.back());
      } finally {
        lock.unlock();
      }
    }
  }

  /** Where a packet would have arrived. */
  static final class AtOp extends ResetRule {
    private final Op op;

    AtOp(Struck struck, PacketOp op) {
      super(struck);
      this.op = Op.valueOf(op.name());
    }

    @Override
    boolean takes(Passing passing) {
      if (passing.header().op() != op || !struck().isItsTurn(passing.header())) {
        return false;
      }
      passing.resetBothEnds();
      return true;
    }
  }

  /** Where a connection would have begun. */
  static final class Refusing extends ResetRule {
    private volatile @Nullable VsockAddress refusedLast;

    Refusing(Struck struck) {
      super(struck);
    }

    @Override
    boolean takes(Passing passing) {
      if (passing.header().op() != Op.REQUEST || !struck().isItsTurn(passing.header())) {
        return false;
      }
      refusedLast = address(passing.header().dstCid(), passing.header().dstPort());
      passing.refuse();
      return true;
    }

    /** Whether the last connect that it refused went there. */
    boolean refusedLast(VsockAddress remote) {
      return remote.equals(refusedLast);
    }
  }
}
