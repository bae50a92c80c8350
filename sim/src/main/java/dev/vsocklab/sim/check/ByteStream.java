package dev.vsocklab.sim.check;

import dev.vsocklab.sim.wire.Header;
import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * One direction of a connection between two simulated sockets: a hash of what was written, packet
 * by packet, that what is read is held against. No byte is copied or kept.
 *
 * <p>Written under the sender's lock and read under the receiver's.
 */
final class ByteStream {
  private final ConcurrentLinkedQueue<Mark> marks = new ConcurrentLinkedQueue<>();
  private final boolean hasMessages;

  /** The sender's side. */
  private final CRC32C written = new CRC32C();

  private volatile long writtenBytes;

  /** The receiver's side. */
  private final CRC32C read = new CRC32C();

  private long readBytes;

  /** Part of the message was cut off and cannot be hashed. */
  private boolean cut;

  /**
   * Where a packet ends.
   *
   * @param endBytes payload bytes up to its end
   * @param hash of all bytes up to there, or of its message
   * @param flags {@link Header#SEQ_EOM} and {@link Header#SEQ_EOR}
   */
  private record Mark(long endBytes, int hash, int flags) {}

  ByteStream(boolean hasMessages) {
    this.hasMessages = hasMessages;
  }

  /** Payload bytes that were sent so far. */
  long writtenBytes() {
    return writtenBytes;
  }

  void wrote(ByteBuffer payload, int offset, int lengthBytes, int flags) {
    hash(written, payload, offset, lengthBytes);
    long end = writtenBytes + lengthBytes;
    marks.add(new Mark(end, (int) written.getValue(), flags));
    writtenBytes = end;
    if (hasMessages && (flags & Header.SEQ_EOM) != 0) {
      written.reset();
    }
  }

  /**
   * Holds what was read against what was written.
   *
   * @return what is wrong, or null
   */
  @Nullable Flaw read(ByteBuffer dst, int from, int copiedBytes, int takenBytes, int messageFlags) {
    long end = readBytes + takenBytes;
    int at = from;
    int hashable = copiedBytes;
    cut |= takenBytes > copiedBytes;
    Mark last = null;
    for (Mark mark = marks.peek(); mark != null && mark.endBytes <= end; mark = marks.peek()) {
      marks.poll();
      int step = (int) Math.min(mark.endBytes - readBytes, hashable);
      hash(read, dst, at, step);
      at += step;
      hashable -= step;
      readBytes = mark.endBytes;
      if (!cut && (int) read.getValue() != mark.hash) {
        return new Flaw(
            Checker.PREFIX,
            "the bytes up to byte " + readBytes + " are not those that were written");
      }
      if (hasMessages && (mark.flags & Header.SEQ_EOM) != 0) {
        read.reset();
        cut = false;
        if (mark.endBytes < end) {
          return new Flaw(
              Checker.MESSAGE,
              "a message of "
                  + takenBytes
                  + " bytes was read, but one ends "
                  + (end - mark.endBytes)
                  + " bytes earlier");
        }
      }
      last = mark;
      if (hasMessages && mark.endBytes == end && (mark.flags & Header.SEQ_EOM) != 0) {
        break; // an empty message that follows is the next one's
      }
    }
    if (readBytes < end) {
      if (marks.isEmpty()) {
        return new Flaw(Checker.PREFIX, (end - readBytes) + " bytes were read that nobody wrote");
      }
      hash(read, dst, at, hashable);
      readBytes = end;
    }
    if (hasMessages && (last == null || last.flags != messageFlags)) {
      return new Flaw(
          Checker.MESSAGE,
          "a message of "
              + takenBytes
              + " bytes with flags "
              + messageFlags
              + " was read, but what was written up to there has "
              + (last == null ? "no end" : "flags " + last.flags));
    }
    return null;
  }

  private static void hash(CRC32C hash, ByteBuffer bytes, int offset, int lengthBytes) {
    if (bytes.hasArray()) {
      hash.update(bytes.array(), bytes.arrayOffset() + offset, lengthBytes);
    } else {
      hash.update(bytes.slice(offset, lengthBytes));
    }
  }

  /** What is wrong with what was read. */
  record Flaw(Checker checker, String text) {}
}
