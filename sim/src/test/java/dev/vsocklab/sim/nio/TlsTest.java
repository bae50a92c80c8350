package dev.vsocklab.sim.nio;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.vsocklab.VsockAddress;
import dev.vsocklab.contract.Background;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The JDK's own TLS, layered over vsock sockets: a demanding user of their streams. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class TlsTest {

  private static final char[] PASSWORD = "password".toCharArray();

  private final SimNets nets = new SimNets();

  @AfterEach
  void close() {
    nets.close();
  }

  @Test
  void tlsEchoesAMebibyteAndEndsInOrder(@TempDir Path folder) throws Exception {
    SSLContext tls = tls(folder);
    byte[] sent = new byte[1 << 20];
    new Random(11).nextBytes(sent);
    try (ServerSocket listener = nets.host.vsock().openServerSocket()) {
      listener.bind(VsockAddress.any(8443));
      Background<Long> server = Background.run(() -> echo(tls, listener.accept()));
      Socket plain = nets.guest.vsock().openSocket();
      // JDK 25's TLS server writes the peer's port into its session ticket, as 16 bits. An
      // automatic
      // vsock port has 32; the ticket then comes out empty, which the client refuses.
      plain.bind(VsockAddress.any(5000));
      plain.connect(VsockAddress.host(8443), 5000);
      plain.setSoTimeout(10_000);
      try (SSLSocket client =
          (SSLSocket) tls.getSocketFactory().createSocket(plain, "vm.test", 8443, true)) {
        Background<byte[]> reader =
            Background.run(() -> client.getInputStream().readNBytes(sent.length));
        OutputStream out = client.getOutputStream();
        out.write(sent);
        out.flush();
        assertArrayEquals(sent, reader.result());
        client.shutdownOutput();
        assertEquals(-1, client.getInputStream().read());
      }
      assertEquals(sent.length, server.result());
    }
  }

  private static long echo(SSLContext tls, Socket accepted) throws IOException {
    SSLSocket server =
        (SSLSocket) tls.getSocketFactory().createSocket(accepted, null, accepted.getPort(), true);
    server.setUseClientMode(false);
    try (server) {
      InputStream in = server.getInputStream();
      return in.transferTo(server.getOutputStream());
    }
  }

  /** A context with a fresh self-signed key, trusted by its other end. */
  private static SSLContext tls(Path folder) throws Exception {
    Path store = folder.resolve("keys.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "vm",
                "-keyalg",
                "EC",
                "-dname",
                "CN=vm.test",
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass",
                new String(PASSWORD))
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("keytool.log").toFile())
            .start();
    assertEquals(
        true, keytool.waitFor(30, TimeUnit.SECONDS) && keytool.exitValue() == 0, "keytool");
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, PASSWORD);
    }
    KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    own.init(keys, PASSWORD);
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(keys);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(own.getKeyManagers(), trust.getTrustManagers(), null);
    return context;
  }
}
