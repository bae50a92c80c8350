package dev.vsocklab.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.apiguardian.api.API;

/**
 * Beside {@link Host @Host} or {@link Guest @Guest} on a parameter of type {@link
 * dev.vsocklab.VsockProvider}: a Mockito spy around that machine's vsock, on any backend. All calls
 * reach the machine, unless the test scripts them, and all can be verified.
 *
 * <p>Code under test connects twice, and the second time nobody answers:
 *
 * <pre>{@code
 * @Test
 * void triesAgain(@Host Machine host, @Guest(42) @SpyVsock VsockProvider vsock) throws Exception {
 *   doCallRealMethod()
 *       .doAnswer(opened((SocketChannel channel) ->
 *           doThrow(VsockFailures.connect(ETIMEDOUT, HOST)).when(channel).connect(HOST)))
 *       .doCallRealMethod()
 *       .when(vsock).openSocketChannel();
 *   ...
 *   verify(vsock, times(3)).openSocketChannel();
 * }
 * }</pre>
 *
 * <p>{@link SpiedSockets#opened} makes the channel a spy too. Write {@code doAnswer(…).when(vsock)}
 * and not {@code when(vsock.open…())}, which would open a socket while it is being scripted.
 *
 * <p>Constructor, {@code @BeforeEach}, {@code @AfterEach} and test get the same spy of the same
 * machine. It works with {@code MockitoExtension} and strict stubs; a spy that a constructor asks
 * for is older than Mockito's session, so its unused stubs are not found.
 *
 * <p>Needs {@code org.mockito:mockito-core}, version 5 or later, on the test class path.
 */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.PARAMETER, ElementType.ANNOTATION_TYPE})
public @interface SpyVsock {}
