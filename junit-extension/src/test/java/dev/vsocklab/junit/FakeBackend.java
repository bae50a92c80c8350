package dev.vsocklab.junit;

import dev.vsocklab.spi.Backend;
import dev.vsocklab.spi.BackendLab;
import dev.vsocklab.spi.LabRequest;
import dev.vsocklab.spi.Unavailable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** A backend with two kernels that only remembers what was asked of it. */
public class FakeBackend implements Backend {

  /** For the service loader. */
  public FakeBackend() {}

  /** A guest with this CID never comes up. */
  static final long CID_THAT_NEVER_COMES_UP = 66;

  /** Every lab opened since {@link #forget}. Static, because the service loader makes instances. */
  private static final Queue<FakeLab> LABS = new ConcurrentLinkedQueue<>();

  /** Every guest that was prepared since {@link #forget}. */
  private static final Queue<LabRequest.GuestRequest> PREPARED = new ConcurrentLinkedQueue<>();

  private static final AtomicInteger CLOSED_BACKENDS = new AtomicInteger();

  /** Forgets the labs and the closed backends of an earlier run. */
  static void forget() {
    LABS.clear();
    PREPARED.clear();
    CLOSED_BACKENDS.set(0);
  }

  static List<FakeLab> labs() {
    return new ArrayList<>(LABS);
  }

  static List<LabRequest.GuestRequest> prepared() {
    return new ArrayList<>(PREPARED);
  }

  static int closedBackends() {
    return CLOSED_BACKENDS.get();
  }

  @Override
  public String name() {
    return "fake";
  }

  @Override
  public List<String> kernels() {
    return List.of("2.0", "1.0");
  }

  @Override
  public Optional<Unavailable> unavailable(String kernel) {
    return Optional.empty();
  }

  @Override
  public String describe(String kernel) {
    return "fake, Linux " + kernel + ".7";
  }

  @Override
  public void prepare(LabRequest request) {
    PREPARED.addAll(request.guests());
  }

  @Override
  public BackendLab open(LabRequest request) throws IOException {
    if (request.guests().stream().anyMatch(guest -> guest.cid() == CID_THAT_NEVER_COMES_UP)) {
      throw new IOException("vm(66) did not come up within 5 s. Its console ends: panic.");
    }
    FakeLab lab = new FakeLab(this, request);
    LABS.add(lab);
    return lab;
  }

  @Override
  public void close() {
    CLOSED_BACKENDS.incrementAndGet();
  }
}
