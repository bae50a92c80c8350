/**
 * What every backend must do. Read {@link dev.vsocklab.ci.contract.StreamContractTest} first: it is
 * the whole contract for stream sockets, run unchanged on the simulator and on real kernels. Then
 * what only a real guest has: {@link dev.vsocklab.ci.contract.GuestLifeTest} and {@link
 * dev.vsocklab.ci.contract.SocatTest}.
 */
@NullMarked
package dev.vsocklab.ci.contract;

import org.jspecify.annotations.NullMarked;
