package dev.vsocklab.qemu;

import dev.vsocklab.Machine;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockProvider;
import dev.vsocklab.spi.BackendLab;
import dev.vsocklab.spi.LabRequest;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The machines of one test, each of them the same kernel. */
final class LoopbackLab implements BackendLab {
  private final LoopbackKernel kernel;
  private final Machine host;
  private final Map<Long, Machine> guests = new LinkedHashMap<>();

  /**
   * Puts the lab together.
   *
   * @param kernel the kernel; it is the lab's from now on, even if this fails
   * @throws IOException if it has no vsock to give
   */
  LoopbackLab(LabRequest request, LoopbackKernel kernel) throws IOException {
    this.kernel = kernel;
    try {
      host = face("host");
      for (LabRequest.GuestRequest guest : request.guests()) {
        guests.put(guest.cid(), face(GuestVm.nameOf(guest.cid())));
      }
    } catch (IOException e) {
      kernel.close();
      throw e;
    }
  }

  private Machine face(String role) throws IOException {
    String name = role + " (loopback)";
    return new Face(name, kernel.views(name));
  }

  /** One machine of the lab: only its name is its own. */
  private record Face(String name, LoopbackKernel.Views views) implements Machine {
    @Override
    public long cid() {
      return VsockAddress.CID_LOCAL;
    }

    @Override
    public VsockProvider vsock() {
      return views.vsock();
    }

    @Override
    public <T> Optional<T> as(Class<T> type) {
      return views.as(type);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  @Override
  public Machine host() {
    return host;
  }

  @Override
  public Machine guest(long cid) {
    Machine guest = guests.get(cid);
    if (guest == null) {
      throw new IllegalArgumentException(
          "This lab has no guest that was asked for as CID "
              + cid
              + "; it has "
              + guests.values().stream().map(Machine::name).collect(Collectors.joining(", "))
              + ". Name it with @Guest("
              + cid
              + ").");
    }
    return guest;
  }

  @Override
  public List<Machine> guests() {
    return List.copyOf(guests.values());
  }

  @Override
  public List<ReportSection> report() {
    return kernel.report();
  }

  @Override
  public void close() {
    kernel.close();
  }
}
