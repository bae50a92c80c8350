package dev.vsocklab;

import java.util.Optional;

/**
 * What every exception of a failed vsock call carries besides its JDK type.
 *
 * <p>The same kernel behaviour gives the same exception on every backend:
 *
 * <table>
 *   <caption>Exception by errno</caption>
 *   <tr><th>errno</th><th>exception</th></tr>
 *   <tr><td>connect: ECONNRESET (nobody listens, backlog full)</td>
 *       <td>{@link VsockConnectException}</td></tr>
 *   <tr><td>connect: ETIMEDOUT; any call: EAGAIN after a socket timeout</td>
 *       <td>{@link VsockTimeoutException}</td></tr>
 *   <tr><td>connect: ENODEV, ENETUNREACH</td><td>{@link VsockNoRouteException}</td></tr>
 *   <tr><td>bind: any</td><td>{@link VsockBindException}</td></tr>
 *   <tr><td>EAGAIN of a non-blocking write after a part of a SEQPACKET message</td>
 *       <td>{@link VsockSocketException}</td></tr>
 *   <tr><td>everything else</td><td>{@link VsockSocketException}</td></tr>
 * </table>
 */
public interface VsockFailure {

  /**
   * The error that the machine gave.
   *
   * @return the errno
   */
  Errno errno();

  /**
   * This end's address at the time.
   *
   * @return the address, or empty where the socket was not bound
   */
  Optional<VsockAddress> localAddress();

  /**
   * The other end's address.
   *
   * @return the address, or empty where the call has no other end
   */
  Optional<VsockAddress> remoteAddress();
}
