package dev.vsocklab.linux;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.Errno;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockSocketOptions;
import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.KernelSocket;
import dev.vsocklab.spi.KernelSocket.Received;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * How a socket's calls wait and end, over a pair of Unix sockets: what waits and what wakes is the
 * same there, and every kernel has them. What AF_VSOCK does is tested on kernels with loopback.
 */
@ExtendWith(OpenResources.class)
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LinuxSocketTest {
  private static final Owner OWNER = new Owner();
  private static final long SOON_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private LinuxSocket near;
  private LinuxSocket far;

  @BeforeAll
  static void startTheLoop() throws IOException {
    EventLoop.shared(); // it stays, and its descriptor is no test's
  }

  @BeforeEach
  void open() {
    LinuxSocket[] pair = pair();
    near = pair[0];
    far = pair[1];
  }

  @AfterEach
  void close() {
    near.close();
    far.close();
  }

  @Test
  void bytesGoThroughHeapAndDirectBuffersFromAndToTheirPositions() throws Exception {
    byte[] bytes = random(700_000);
    for (ByteBuffer target :
        List.of(ByteBuffer.allocate(700_002), ByteBuffer.allocateDirect(700_002))) {
      for (ByteBuffer source :
          List.of(ByteBuffer.wrap(bytes), ByteBuffer.allocateDirect(700_000).put(bytes).flip())) {
        source.position(1);
        target.clear().position(2);
        FutureTask<Integer> write = async(() -> near.write(source, KernelSocket.FOREVER));
        while (target.position() < 700_001) {
          assertTrue(far.read(target, KernelSocket.FOREVER) > 0);
        }
        assertEquals(699_999, get(write));
        assertFalse(source.hasRemaining());
        byte[] got = new byte[699_999];
        target.get(2, got);
        assertArrayEquals(Arrays.copyOfRange(bytes, 1, 700_000), got);
      }
    }
  }

  @Test
  void callsWithNothingToDoSaySoNowOrAfterTheirTime() throws Exception {
    ByteBuffer one = ByteBuffer.allocate(1);
    assertEquals(KernelSocket.WOULD_BLOCK, near.read(one, KernelSocket.NO_WAIT));
    assertEquals(KernelSocket.WOULD_BLOCK, near.read(one, SOON_NANOS));
    assertEquals(0, near.poll(KernelSocket.POLLIN, KernelSocket.NO_WAIT));
    assertEquals(0, near.poll(KernelSocket.POLLIN, SOON_NANOS));
    assertEquals(
        new Received(KernelSocket.WOULD_BLOCK, 0), near.receive(one, 0, KernelSocket.NO_WAIT));
    fill(near);
    assertEquals(KernelSocket.WOULD_BLOCK, near.write(one, KernelSocket.NO_WAIT));
    assertEquals(KernelSocket.WOULD_BLOCK, near.write(one, SOON_NANOS));
    assertEquals(KernelSocket.WOULD_BLOCK, near.send(one, 0, KernelSocket.NO_WAIT));
    assertEquals(1, one.remaining());
    assertEquals(0, near.read(ByteBuffer.allocate(0), KernelSocket.FOREVER));
    assertThrows(IllegalArgumentException.class, () -> near.read(one, -1));
    assertThrows(
        ReadOnlyBufferException.class,
        () -> near.read(one.asReadOnlyBuffer(), KernelSocket.NO_WAIT));
  }

  @Test
  void theSocketsOwnTimeoutsEndCallsThatWaitForEver() throws Exception {
    near.setOption(VsockSocketOptions.RECEIVE_TIMEOUT, Duration.ofMillis(20));
    near.setOption(VsockSocketOptions.SEND_TIMEOUT, Duration.ofMillis(20));
    ByteBuffer two = ByteBuffer.allocate(2);

    assertEquals(KernelSocket.WOULD_BLOCK, near.read(two, KernelSocket.FOREVER));
    assertEquals(
        new Received(KernelSocket.WOULD_BLOCK, 0),
        near.receive(two, KernelSocket.MSG_WAITALL, KernelSocket.FOREVER));
    fill(near);
    assertEquals(KernelSocket.WOULD_BLOCK, near.write(two, KernelSocket.FOREVER));
    assertEquals(KernelSocket.WOULD_BLOCK, near.send(two, 0, KernelSocket.FOREVER));
  }

  @Test
  void closeEndsEveryCallThatWaits() throws Exception {
    fill(near);
    ByteBuffer two = ByteBuffer.allocate(2);
    FutureTask<@Nullable Errno> read =
        waiting(() -> errnoOf(() -> near.read(two, KernelSocket.FOREVER)));
    FutureTask<@Nullable Errno> receive =
        waiting(
            () -> errnoOf(() -> near.receive(two, KernelSocket.MSG_WAITALL, KernelSocket.FOREVER)));
    FutureTask<@Nullable Errno> write =
        waiting(() -> errnoOf(() -> near.write(two, KernelSocket.FOREVER)));
    FutureTask<@Nullable Errno> send =
        waiting(() -> errnoOf(() -> near.send(two, 0, KernelSocket.FOREVER)));
    FutureTask<Integer> poll = waiting(() -> near.poll(KernelSocket.POLLIN, KernelSocket.FOREVER));
    CountDownLatch watched = new CountDownLatch(1);
    near.watch(KernelSocket.POLLIN, watched::countDown);

    near.close();

    assertEquals(Errno.EBADF, get(read));
    assertEquals(Errno.EBADF, get(receive));
    assertEquals(Errno.EBADF, get(write));
    assertEquals(Errno.EBADF, get(send));
    assertEquals(KernelSocket.POLLNVAL, get(poll));
    assertEquals(0, watched.getCount());
    assertEquals(Errno.EBADF, errnoOf(() -> near.read(two, KernelSocket.NO_WAIT)));
    assertEquals(Errno.EBADF, errnoOf(() -> near.localAddress()));
    assertEquals(KernelSocket.POLLNVAL, near.poll(KernelSocket.POLLIN, KernelSocket.NO_WAIT));
    CountDownLatch late = new CountDownLatch(1);
    near.watch(KernelSocket.POLLIN, late::countDown);
    assertEquals(0, late.getCount());
    near.close(); // again
  }

  @Test
  void anInterruptNeitherEndsAWaitNorIsLost() throws Exception {
    List<Callable<Integer>> calls =
        List.of(
            () -> near.read(ByteBuffer.allocate(2), KernelSocket.FOREVER),
            () -> near.read(ByteBuffer.allocate(2), TimeUnit.MINUTES.toNanos(1)),
            () ->
                near.receive(ByteBuffer.allocate(2), KernelSocket.MSG_WAITALL, KernelSocket.FOREVER)
                    .lengthBytes());
    for (Callable<Integer> call : calls) {
      FutureTask<Boolean> kept =
          new FutureTask<>(
              () -> {
                assertEquals(2, call.call());
                return Thread.interrupted();
              });
      Thread thread = new Thread(kept);
      thread.start();
      awaitWaiting(thread);
      thread.interrupt();
      awaitWaiting(thread);
      assertFalse(kept.isDone());

      far.write(ByteBuffer.allocate(2), KernelSocket.FOREVER);

      assertTrue(get(kept), "the interrupt status is kept");
    }
  }

  @Test
  void callsThatDoNotWaitDoNotWhileOthersSleepAndDoNotWakeThem() throws Exception {
    ByteBuffer dst = ByteBuffer.allocate(4);
    FutureTask<Received> sleeper =
        waiting(() -> near.receive(dst, KernelSocket.MSG_WAITALL, KernelSocket.FOREVER));
    for (int i = 0; i < 2000; i++) { // each sets O_NONBLOCK for its moment
      assertEquals(Errno.EINVAL, errnoOf(() -> near.accept(KernelSocket.NO_WAIT)));
      assertEquals(
          Errno.EINVAL, errnoOf(() -> near.connect(VsockAddress.host(1), KernelSocket.NO_WAIT)));
      @Nullable FutureTask<Received> next =
          i % 500 == 0
              ? async(() -> far.receive(ByteBuffer.allocate(1), 0, KernelSocket.FOREVER))
              : null;
      if (next != null) {
        near.write(ByteBuffer.allocate(1), KernelSocket.FOREVER);
        assertEquals(1, get(next).lengthBytes());
      }
    }
    assertEquals(KernelSocket.WOULD_BLOCK, near.read(ByteBuffer.allocate(1), KernelSocket.NO_WAIT));
    assertFalse(sleeper.isDone());

    far.write(ByteBuffer.wrap(new byte[] {1, 2, 3, 4}), KernelSocket.FOREVER);

    assertEquals(new Received(4, 0), get(sleeper));
  }

  @Test
  void aWatchCallsBackOnceAtOnceOrWhenItIsTimeAndALaterOneTakesItsPlace() throws Exception {
    AtomicInteger calls = new AtomicInteger();
    near.watch(KernelSocket.POLLOUT, calls::incrementAndGet);
    assertEquals(1, calls.get(), "it is writable already");
    AtomicInteger replaced = new AtomicInteger();
    CountDownLatch readable = new CountDownLatch(1);
    near.watch(KernelSocket.POLLIN, replaced::incrementAndGet);
    near.watch(KernelSocket.POLLIN, readable::countDown);

    far.write(ByteBuffer.allocate(1), KernelSocket.FOREVER);

    assertTrue(readable.await(30, TimeUnit.SECONDS));
    assertEquals(0, replaced.get());
    far.write(ByteBuffer.allocate(1), KernelSocket.FOREVER);
    near.watch(KernelSocket.POLLIN, calls::incrementAndGet);
    assertEquals(2, calls.get());
  }

  @Test
  void aCallbackThatFailsLeavesOtherSocketsTheirEvents() throws Exception {
    CountDownLatch failed = new CountDownLatch(1);
    near.watch(
        KernelSocket.POLLIN,
        () -> {
          failed.countDown();
          throw new IllegalStateException("a callback that fails, on purpose");
        });
    far.write(ByteBuffer.allocate(1), KernelSocket.FOREVER);
    assertTrue(failed.await(30, TimeUnit.SECONDS));
    FutureTask<Integer> read =
        waiting(() -> far.read(ByteBuffer.allocate(1), KernelSocket.FOREVER));

    near.write(ByteBuffer.allocate(1), KernelSocket.FOREVER);

    assertEquals(1, get(read));
  }

  @Test
  void aNumberThatIsSomebodyElsesNowIsNeverReadFrom() throws Exception {
    for (int round = 0; round < 300; round++) {
      LinuxSocket[] first = pair();
      FutureTask<Integer> reader =
          async(
              () -> {
                ByteBuffer dst = ByteBuffer.allocate(8);
                int got = 0;
                try {
                  while (true) {
                    got += Math.max(0, first[0].read(dst.clear(), KernelSocket.NO_WAIT));
                  }
                } catch (ErrnoException e) {
                  assertEquals(Errno.EBADF, e.errno());
                  return got;
                }
              });
      first[0].close();
      LinuxSocket[] second = pair(); // most likely with the number just freed
      second[1].write(ByteBuffer.allocate(8), KernelSocket.FOREVER);
      assertEquals(0, get(reader));
      assertEquals(8, second[0].read(ByteBuffer.allocate(8), KernelSocket.FOREVER));
      first[1].close();
      second[0].close();
      second[1].close();
    }
  }

  @Test
  void aHundredSleepersComeAndGo() throws Exception {
    List<LinuxSocket> sockets = new ArrayList<>();
    List<FutureTask<@Nullable Errno>> sleepers = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      LinuxSocket[] pair = pair();
      sockets.addAll(List.of(pair));
      sleepers.add(
          async(
              () ->
                  errnoOf(
                      () ->
                          pair[0].receive(
                              ByteBuffer.allocate(2),
                              KernelSocket.MSG_WAITALL,
                              KernelSocket.FOREVER))));
    }
    sockets.forEach(LinuxSocket::close);
    for (FutureTask<@Nullable Errno> sleeper : sleepers) {
      // EBADF, or end of file where its peer was closed first: never stuck
      assertTrue(get(sleeper) == Errno.EBADF || get(sleeper) == null);
    }
  }

  @Test
  void onlyAConnectedPeersEndIsTheEndOfTheStream() throws Exception {
    far.write(ByteBuffer.allocate(1), KernelSocket.FOREVER);
    far.close();
    ByteBuffer dst = ByteBuffer.allocate(2);
    assertEquals(new Received(1, 0), near.receive(dst, 0, KernelSocket.FOREVER));
    assertEquals(new Received(KernelSocket.EOF, 0), near.receive(dst, 0, KernelSocket.FOREVER));
    assertEquals(KernelSocket.EOF, near.read(dst, KernelSocket.FOREVER));
    assertEquals(Errno.EPIPE, errnoOf(() -> near.write(dst, KernelSocket.FOREVER)));
  }

  // ---- how the tests speak

  /** Owns nothing: each test closes its own. */
  private static final class Owner implements LinuxSocket.SocketOwner {
    @Override
    public LinuxSocket adopt(int type, int number) {
      return new LinuxSocket(this, type, Fd.adopt(number, "a test's socket"));
    }

    @Override
    public int bind(IntSupplier call) {
      return call.getAsInt();
    }

    @Override
    public void forget(LinuxSocket socket) {}
  }

  private static LinuxSocket[] pair() {
    int[] numbers = new int[2];
    int flags = Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC | Libc.SOCK_NONBLOCK;
    TestLibc.check(TestLibc.socketpair(Libc.AF_UNIX, flags, 0, numbers));
    return new LinuxSocket[] {
      OWNER.adopt(Libc.SOCK_STREAM, numbers[0]), OWNER.adopt(Libc.SOCK_STREAM, numbers[1])
    };
  }

  private static void fill(LinuxSocket socket) throws Exception {
    ByteBuffer much = ByteBuffer.allocate(1 << 20);
    while (socket.write(much.clear(), KernelSocket.NO_WAIT) != KernelSocket.WOULD_BLOCK) {
      assertTrue(much.position() > 0);
    }
  }

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new Random(1).nextBytes(bytes);
    return bytes;
  }

  /** What a call fails with; null if it does not. */
  private static @Nullable Errno errnoOf(Callable<?> call) throws Exception {
    try {
      call.call();
      return null;
    } catch (ErrnoException e) {
      return e.errno();
    }
  }

  private static <T> FutureTask<T> async(Callable<T> call) {
    FutureTask<T> task = new FutureTask<>(call);
    new Thread(task).start();
    return task;
  }

  /** Starts a call and returns when it waits. */
  private static <T> FutureTask<T> waiting(Callable<T> call) {
    FutureTask<T> task = new FutureTask<>(call);
    Thread thread = new Thread(task);
    thread.start();
    awaitWaiting(thread);
    return task;
  }

  private static void awaitWaiting(Thread thread) {
    while (thread.getState() != Thread.State.WAITING
        && thread.getState() != Thread.State.TIMED_WAITING) {
      assertTrue(thread.getState() != Thread.State.TERMINATED, "it ended instead of waiting");
      Thread.onSpinWait();
    }
  }

  private static <T> T get(FutureTask<T> task) throws Exception {
    try {
      return task.get(30, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw e;
    }
  }
}
