package dev.vsocklab.sim.capture;

import dev.vsocklab.sim.fabric.Tap;
import dev.vsocklab.sim.wire.Packet;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes every packet that crosses the fabric to a pcapng file, for Wireshark and tshark.
 *
 * <p>Link type 271 (VSOCK), times in nanoseconds. The payload is written where the packet is RW.
 * Nothing that goes wrong with the file reaches the fabric: the first error is kept, nothing is
 * written after it, and {@link #close} throws it.
 *
 * <p>Source of the format: the IETF's pcapng draft (opsawg); choosing one section with one
 * interface is ours.
 */
public final class PcapngTap implements Tap, AutoCloseable {
  /** Large enough that most packets cost no system call. */
  private static final int BUFFER_BYTES = 256 * 1024;

  private final ReentrantLock lock = new ReentrantLock();
  private final String name;
  private final OutputStream out;
  private final LongSupplier epochNanos;
  private final PcapngBlocks blocks = new PcapngBlocks();
  private @Nullable IOException failure;
  private long lostPackets;
  private boolean closed;

  /**
   * Captures to a stream, which {@link #close} closes.
   *
   * @param name what a message calls the stream
   * @param out where to; need not be buffered
   * @param epochNanos the time now, in nanoseconds since 1970-01-01 UTC
   */
  public PcapngTap(String name, OutputStream out, LongSupplier epochNanos) {
    this.name = name;
    this.out = new BufferedOutputStream(out, BUFFER_BYTES);
    this.epochNanos = epochNanos;
    try {
      blocks.writePreamble(this.out);
    } catch (IOException e) {
      failure = e;
    }
  }

  /**
   * Captures to a new file; one that is there already is replaced.
   *
   * @param file the file
   * @param epochNanos the time now, in nanoseconds since 1970-01-01 UTC
   * @return the tap; add it to a fabric, and close it after it is removed
   * @throws IOException if the file cannot be created
   */
  public static PcapngTap toFile(Path file, LongSupplier epochNanos) throws IOException {
    return new PcapngTap(file.toString(), Files.newOutputStream(file), epochNanos);
  }

  @Override
  public void onPacket(Packet packet) {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      if (failure != null) {
        lostPackets++;
        return;
      }
      // Asked under the lock, so that times in the file never go backwards.
      blocks.writePacket(out, epochNanos.getAsLong(), packet);
    } catch (IOException e) {
      failure = e;
      lostPackets++;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Ends the capture. Packets after this are ignored; closing again does nothing.
   *
   * @throws IOException if the file is incomplete, with the number of packets that are missing
   */
  @Override
  public void close() throws IOException {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      try {
        out.close();
      } catch (IOException e) {
        if (failure == null) {
          failure = e;
        } else if (failure != e) {
          failure.addSuppressed(e);
        }
      }
      if (failure != null) {
        throw new IOException(
            "The capture "
                + name
                + " is incomplete, at least "
                + lostPackets
                + " packets are missing: "
                + failure.getMessage(),
            failure);
      }
    } finally {
      lock.unlock();
    }
  }
}
