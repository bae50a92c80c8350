package dev.vsocklab.junit.jqwik;

import dev.vsocklab.VsockAddress;
import dev.vsocklab.fault.Fault;
import dev.vsocklab.sim.wire.Packet;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Provide;
import net.jqwik.api.domains.DomainContextBase;
import org.apiguardian.api.API;

/**
 * {@code @Domain(VsockDomain.class)}: what {@code @ForAll} parameters of vsock's types get.
 *
 * <ul>
 *   <li>{@link VsockAddress}: {@link VsockArbitraries#addresses};
 *   <li>{@link Fault}: {@link VsockArbitraries#faults} on guest 42;
 *   <li>{@link Packet}: {@link VsockArbitraries#packets} from guest 42 to port 7000 of the host.
 * </ul>
 *
 * <p>jqwik takes from a domain alone where one is named; add
 * {@code @Domain(DomainContext.Global.class)} for numbers and lists besides.
 */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public class VsockDomain extends DomainContextBase {
  private static final long GUEST = 42;
  private static final VsockAddress FROM = VsockAddress.of(GUEST, 1024);
  private static final VsockAddress TO = VsockAddress.host(7000);

  /** Made by jqwik. */
  public VsockDomain() {}

  /**
   * Addresses.
   *
   * @return of the host and of guests
   */
  @Provide
  public Arbitrary<VsockAddress> addresses() {
    return VsockArbitraries.addresses();
  }

  /**
   * Faults.
   *
   * @return on guest 42
   */
  @Provide
  public Arbitrary<Fault> faults() {
    return VsockArbitraries.faults(GUEST);
  }

  /**
   * Packets.
   *
   * @return from guest 42 to the host
   */
  @Provide
  public Arbitrary<Packet> packets() {
    return VsockArbitraries.packets(FROM, TO);
  }
}
