package dev.vsocklab.ci.differential;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.vsocklab.Errno;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.KernelSocket;
import dev.vsocklab.spi.SocketLayer;
import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Steps become calls of a socket layer, and what those give becomes the record. */
class LayerRunTest {
  private final List<String> calls = new ArrayList<>();
  private final KernelSocket socket = fake("a");

  /** A socket that notes its calls and answers each as the map says. */
  private KernelSocket fake(String name) {
    Map<String, Object> answers =
        Map.of(
            "poll",
            KernelSocket.POLLIN | KernelSocket.POLLHUP,
            "connect",
            true,
            "send",
            3,
            "receive",
            new KernelSocket.Received(KernelSocket.EOF, 0),
            "localAddress",
            VsockAddress.of(7, 100_003),
            "remoteAddress",
            VsockAddress.of(2, 5555),
            "takeError",
            Errno.ECONNRESET);
    InvocationHandler handler =
        (proxy, method, arguments) -> {
          if (!method.getName().equals("poll") && !method.getName().equals("setOption")) {
            calls.add(name + " " + method.getName());
          }
          if (method.getName().equals("listen")) {
            throw new ErrnoException(Errno.EINVAL);
          }
          return answers.get(method.getName());
        };
    return (KernelSocket)
        Proxy.newProxyInstance(
            getClass().getClassLoader(), new Class<?>[] {KernelSocket.class}, handler);
  }

  private final SocketLayer layer =
      new SocketLayer() {
        @Override
        public KernelSocket stream() {
          return socket;
        }

        @Override
        public KernelSocket seqpacket() throws ErrnoException {
          throw new ErrnoException(Errno.ESOCKTNOSUPPORT);
        }

        @Override
        public long localCid() {
          return 7;
        }

        @Override
        public String name() {
          return "fake";
        }
      };

  private String run(String text) throws IOException {
    Scenario scenario = Scenario.parse(text);
    LayerRunner.Side side = new LayerRunner.Side(layer, 7, 2);
    List<List<Outcome>> records =
        new LayerRunner("fake", side, side, () -> calls.add("rest")).run(List.of(scenario));
    return DivergenceReport.record(scenario, records.get(0));
  }

  @Test
  void resultsErrnosValuesAndReadinessAreRecorded() throws IOException {
    String record =
        """
        A0 socket stream = 0 | A0:in,hup
        A0 listen 1 = EINVAL | A0:in,hup
        A0 connect 1 p0 = 0 | A0:in,hup
        A0 connect 1 p0 dontwait = EINPROGRESS | A0:in,hup
        A0 send 10 = 3 | A0:in,hup
        A0 receive 10 = 0 | A0:in,hup
        A0 take-error = 0 ECONNRESET | A0:in,hup
        A0 local-address = 0 1:p3 | A0:in,hup
        A0 remote-address = 0 1:auto0 | A0:in,hup
        B1 socket seqpacket = ESOCKTNOSUPPORT | A0:in,hup
        A0 close = 0 |
        """;

    assertEquals(record, run(record));
  }

  @Test
  void aStepWhoseSlotsDoNotAllowItMakesNoCall() throws IOException {
    String record =
        """
        A0 close = EBADF |
        A0 socket stream = 0 | A0:in,hup
        A0 socket stream = EBUSY | A0:in,hup
        A0 accept A0 = EBUSY | A0:in,hup
        """;

    assertEquals(record, run(record));
    assertEquals(List.of("rest", "rest", "rest", "rest", "a close", "rest"), calls);
  }

  @Test
  void afterEachStepItWaitsUntilTheMachinesAreAtRest() throws IOException {
    run("A0 socket stream\nA0 send 1");

    assertEquals(List.of("rest", "a send", "rest", "a close", "rest"), calls);
  }
}
