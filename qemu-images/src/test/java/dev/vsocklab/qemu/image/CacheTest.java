package dev.vsocklab.qemu.image;

import static dev.vsocklab.qemu.testing.Failures.assertSays;
import static dev.vsocklab.qemu.testing.Failures.messageOf;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class CacheTest {
  private final Path root;

  CacheTest(@TempDir Path root) {
    this.root = root;
  }

  private final AtomicInteger fills = new AtomicInteger();

  @Test
  void anEntryIsFilledOnceAndServesLaterCachesToo() throws IOException {
    Path first = new Cache(root).get("kind", "key", this::fill);
    Path second = new Cache(root).get("kind", "key", this::fill);

    assertEquals(first, second);
    assertEquals("content", Files.readString(first.resolve("sub/file")));
    assertEquals(1, fills.get());
  }

  @Test
  void anotherKeyIsAnotherEntry() throws IOException {
    Cache cache = new Cache(root);
    cache.get("kind", "one", this::fill);
    cache.get("kind", "two", this::fill);

    assertEquals(2, fills.get());
  }

  @Test
  void aFlippedByteIsFoundByTheNextJvmAndTheEntryBuiltAgain() throws IOException {
    Path entry = new Cache(root).get("kind", "key", this::fill);
    Files.writeString(entry.resolve("sub/file"), "c0ntent"); // as long as before

    new Cache(root).get("kind", "key", this::fill);

    assertEquals(2, fills.get());
    assertEquals("content", Files.readString(entry.resolve("sub/file")));
  }

  @Test
  void aTruncatedOrMissingFileIsFoundAtOnce() throws IOException {
    Cache cache = new Cache(root);
    Path entry = cache.get("kind", "key", this::fill);
    Files.writeString(entry.resolve("sub/file"), "");
    assertTrue(cache.peek("kind", "key").isEmpty());
    cache.get("kind", "key", this::fill);
    assertEquals(2, fills.get());

    Files.delete(entry.resolve("sub/file"));
    assertTrue(cache.peek("kind", "key").isEmpty());
    cache.get("kind", "key", this::fill);
    assertEquals(3, fills.get());
  }

  @Test
  void anEntryWithoutItsListIsBuiltAgain() throws IOException {
    Path entry = new Cache(root).get("kind", "key", this::fill);
    Files.write(entry.resolve("contents.crc32c"), new byte[] {(byte) 0xff, (byte) 0xfe, 0, 1});

    new Cache(root).get("kind", "key", this::fill);

    assertEquals(2, fills.get());
  }

  @Test
  void aFailedFillLeavesNothingAndIsToldAsItIs() throws IOException {
    Cache cache = new Cache(root);
    IOException failure = new IOException("no disk");

    IOException told =
        assertThrows(
            IOException.class,
            () ->
                cache.get(
                    "kind",
                    "key",
                    folder -> {
                      Files.writeString(folder.resolve("half"), "");
                      throw failure;
                    }));

    assertSame(failure, told);
    assertTrue(cache.peek("kind", "key").isEmpty());
    assertFalse(Files.exists(root.resolve("kind-key.building")));
    cache.get("kind", "key", this::fill);
  }

  @Test
  void whatAKilledJvmLeftHalfBuiltIsNotUsed() throws IOException {
    Files.createDirectories(root.resolve("kind-key.building/junk"));

    Path entry = new Cache(root).get("kind", "key", this::fill);

    assertFalse(Files.exists(entry.resolve("junk")));
    assertTrue(Files.exists(entry.resolve("sub/file")));
  }

  @Test
  void whatAKilledJvmLeftHalfBuiltIsRemovedWhenAnotherEntryIsBuilt() throws IOException {
    Path left = Files.createDirectories(root.resolve("kind-left.building/junk"));

    new Cache(root).get("kind", "key", this::fill);

    assertFalse(Files.exists(left.getParent()));
  }

  @Test
  void whatIsBeingBuiltIsLeftAloneByOthers() throws IOException {
    new Cache(root)
        .get(
            "kind",
            "outer",
            folder -> {
              fill(folder);
              new Cache(root).get("kind", "inner", this::fill);
              assertTrue(Files.exists(folder.resolve("sub/file")));
            });

    assertEquals(2, fills.get());
  }

  @Test
  void anEntryThatNobodyUsedForAMonthGoesWhenAnotherIsBuilt() throws IOException {
    Cache cache = new Cache(root);
    Path unused = cache.get("kind", "unused", this::fill);
    Path used = cache.get("kind", "used", this::fill);
    for (Path entry : List.of(unused, used)) {
      FileTime longAgo = FileTime.from(Instant.now().minus(Duration.ofDays(31)));
      Files.setLastModifiedTime(entry.resolve("contents.crc32c"), longAgo);
    }
    assertEquals(used, cache.get("kind", "used", this::fill));

    cache.get("kind", "new", this::fill);

    assertFalse(Files.exists(unused));
    assertTrue(Files.exists(used));
    assertEquals(3, fills.get());
  }

  @Test
  void aDroppedEntryIsBuiltAgain() throws IOException {
    Cache cache = new Cache(root);
    cache.get("kind", "key", this::fill);

    cache.drop("kind", "key");

    assertTrue(cache.find("kind", "key").isEmpty());
    cache.get("kind", "key", this::fill);
    assertEquals(2, fills.get());
  }

  @Test
  void whoWaitsTooLongForAnotherBuilderIsToldWhatToDo() throws Exception {
    CountDownLatch filling = new CountDownLatch(1);
    CountDownLatch done = new CountDownLatch(1);
    ExecutorService threads = Executors.newSingleThreadExecutor();
    try {
      Future<Path> builder =
          threads.submit(
              () ->
                  new Cache(root)
                      .get(
                          "kind",
                          "key",
                          folder -> {
                            filling.countDown();
                            fill(folder);
                            await(done);
                          }));
      filling.await();

      String message =
          messageOf(
              IOException.class,
              () -> new Cache(root).get("kind", "key", Duration.ofMillis(100), this::fill));

      assertSays(message, "kind-key.lock", "End the process");
      done.countDown();
      builder.get(30, TimeUnit.SECONDS);
      assertEquals(1, fills.get());
    } finally {
      threads.shutdownNow();
    }
  }

  private static void await(CountDownLatch latch) throws IOException {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  @Test
  void threadsThatWantTheSameEntryWaitForOneFill() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      CountDownLatch start = new CountDownLatch(1);
      List<Future<Path>> entries = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        Cache own = new Cache(root);
        entries.add(
            threads.submit(
                () -> {
                  start.await();
                  return own.get("kind", "key", this::fill);
                }));
      }
      start.countDown();
      for (Future<Path> entry : entries) {
        assertTrue(Files.exists(entry.get(30, TimeUnit.SECONDS).resolve("sub/file")));
      }
      assertEquals(1, fills.get());
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void aFolderThatCannotBeCreatedIsNamedWithTheMend() throws IOException {
    Path file = Files.writeString(root.resolve("file"), "");

    String message =
        messageOf(
            IOException.class,
            () -> new Cache(file.resolve("cache")).get("kind", "key", this::fill));

    assertSays(message, "XDG_CACHE_HOME");
  }

  private void fill(Path folder) throws IOException {
    fills.incrementAndGet();
    Files.createDirectory(folder.resolve("sub"));
    Files.writeString(folder.resolve("sub/file"), "content");
  }
}
