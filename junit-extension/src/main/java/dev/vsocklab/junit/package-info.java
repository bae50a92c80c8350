/**
 * The JUnit side of vsocklab. Read {@link dev.vsocklab.junit.VsockTest} first; {@link
 * dev.vsocklab.junit.Host} and {@link dev.vsocklab.junit.Guest} name the machines of a test.
 *
 * <p>A first test:
 *
 * <pre>{@code
 * @VsockTest
 * class GreetingTest {
 *
 *   @Test
 *   void guestIsGreeted(@Host Machine host, @Guest(42) Machine guest) throws IOException {
 *     try (ServerSocketChannel server = host.vsock().openServerSocketChannel();
 *         SocketChannel agent = guest.vsock().openSocketChannel()) {
 *       server.bind(VsockAddress.any(7000));
 *       agent.connect(VsockAddress.host(7000));
 *       try (SocketChannel accepted = server.accept()) {
 *         accepted.write(ByteBuffer.wrap("hello".getBytes(UTF_8)));
 *       }
 *       ByteBuffer greeting = ByteBuffer.allocate(5);
 *       while (greeting.hasRemaining() && agent.read(greeting) >= 0) {}
 *       assertEquals("hello", new String(greeting.array(), UTF_8));
 *     }
 *   }
 * }
 * }</pre>
 *
 * <p>{@code mvn test} runs it on the simulator, {@code mvn test
 * -Dvsocklab.backends=sim,vhost-user:*} on the simulator and on every real kernel there is.
 *
 * <pre>
 *   VsockTest ─▶ BackendTurns: the class once for each Choice that Settings name
 *                   │ a Turn in the store               │ NamedNode: the backend in each test's name
 *                   ▼
 *   Host, Guest ─▶ LabParameters ─▶ TestLab, one for each test ─▶ dev.vsocklab.spi.Backend
 *   (GuestPlan: all mentions of one)   │ │ └─▶ StandIns: Java code that plays programs
 *                                      │ └───▶ BrokenLab, LabWatch: end the test with its guest
 *                                      ▼ when the test failed
 *                                   FailureReport
 * </pre>
 */
@NullMarked
package dev.vsocklab.junit;

import org.jspecify.annotations.NullMarked;
