package dev.vsocklab.ci.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.vsocklab.Lab;
import dev.vsocklab.Machine;
import dev.vsocklab.ci.contract.Crew.Task;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Connections between the host and every guest of a lab, half of them begun by either side, all in
 * use at the same time, each with bytes of its own: none may end up elsewhere.
 */
final class Traffic {
  private static final int CONNECTIONS = 10;
  private static final long BYTES = 64 * 1024;
  private static final int WRITE_BYTES = 4096;

  private final Crew crew = new Crew(Duration.ofMinutes(8));

  void flow(Lab lab) throws Exception {
    List<Connection> all = new ArrayList<>();
    try {
      for (Machine guest : lab.guests()) {
        for (int i = 0; i < CONNECTIONS; i++) {
          all.add(
              i % 2 == 0
                  ? Connection.between(lab.host(), guest)
                  : Connection.between(guest, lab.host()));
        }
      }
      List<Task<String>> readers = new ArrayList<>();
      List<Task<String>> writers = new ArrayList<>();
      for (int i = 0; i < all.size(); i++) {
        Connection ends = all.get(i);
        TestStream stream = new TestStream(i);
        readers.add(crew.start("reader " + i, () -> TestStream.read(ends.connected(), BYTES)));
        readers.add(crew.start("reader " + i, () -> TestStream.read(ends.accepted(), BYTES)));
        writers.add(
            crew.start("writer " + i, () -> stream.write(ends.accepted(), BYTES, WRITE_BYTES)));
        writers.add(
            crew.start("writer " + i, () -> stream.write(ends.connected(), BYTES, WRITE_BYTES)));
      }
      for (int i = 0; i < readers.size(); i++) {
        assertEquals(writers.get(i).await(), readers.get(i).await());
      }
    } finally {
      for (Connection ends : all) {
        ends.close();
      }
    }
  }

  /** Ends its threads. */
  void end() throws InterruptedException {
    crew.end();
  }
}
