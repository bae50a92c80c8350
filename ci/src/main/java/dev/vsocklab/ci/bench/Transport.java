package dev.vsocklab.ci.bench;

import dev.vsocklab.Lab;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.sim.SimBackend;
import dev.vsocklab.spi.LabRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Pipe;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A way for two threads of one JVM to exchange bytes. */
public enum Transport {
  /** The simulator: a guest connects to the host. */
  SIMULATOR {
    @Override
    Endpoint listen() throws IOException {
      LabRequest.GuestRequest guest = new LabRequest.GuestRequest(GUEST_CID, false);
      Lab lab = new SimBackend().open(new LabRequest("bench", "", List.of(guest)));
      ServerSocketChannel listener = lab.host().vsock().openServerSocketChannel();
      listener.bind(VsockAddress.any(PORT));
      return new Endpoint(
          listener,
          VsockAddress.host(PORT),
          () -> lab.guest(GUEST_CID).vsock().openSocketChannel(),
          lab::close);
    }
  },

  /** TCP over the loopback interface. */
  TCP {
    @Override
    Endpoint listen() throws IOException {
      ServerSocketChannel listener = ServerSocketChannel.open();
      SocketAddress anyPort = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
      listener.bind(anyPort);
      return new Endpoint(
          listener, listener.getLocalAddress(), SocketChannel::open, NOTHING_ELSE_TO_CLOSE);
    }
  },

  /** A Unix-domain stream socket. */
  UNIX {
    @Override
    Endpoint listen() throws IOException {
      Path folder = Files.createTempDirectory("bench");
      Path socket = folder.resolve("socket");
      SocketAddress address = UnixDomainSocketAddress.of(socket);
      ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
      listener.bind(address);
      return new Endpoint(
          listener,
          address,
          () -> SocketChannel.open(StandardProtocolFamily.UNIX),
          () -> {
            Files.delete(socket);
            Files.delete(folder);
          });
    }
  },

  /** Two {@link Pipe}s, one each way; it has no connections to make. */
  PIPE {
    @Override
    Endpoint listen() {
      throw new UnsupportedOperationException("A pipe does not listen.");
    }

    @Override
    Link open() throws IOException {
      Pipe there = Pipe.open();
      Pipe back = Pipe.open();
      return new Link(
          new Link.End(back.source(), there.sink()),
          new Link.End(there.source(), back.sink()),
          NOTHING_ELSE_TO_CLOSE);
    }
  };

  private static final Closer NOTHING_ELSE_TO_CLOSE = () -> {};
  private static final long GUEST_CID = 42;
  private static final long PORT = 7000;

  /** Listens on an address of its own. */
  abstract Endpoint listen() throws IOException;

  /** A connection. */
  Link open() throws IOException {
    Endpoint endpoint = listen();
    SocketChannel connected = endpoint.connect();
    SocketChannel accepted = endpoint.listener().accept();
    return new Link(
        new Link.End(connected, connected), new Link.End(accepted, accepted), endpoint::close);
  }

  /** Frees what the channels do not own. */
  interface Closer {
    void close() throws IOException;
  }

  /** Opens an unconnected channel. */
  interface Opener {
    SocketChannel open() throws IOException;
  }

  /** Somebody listens here. */
  record Endpoint(
      ServerSocketChannel listener, SocketAddress address, Opener opener, Closer closer) {

    SocketChannel connect() throws IOException {
      SocketChannel channel = opener.open();
      channel.connect(address);
      return channel;
    }

    void close() throws IOException {
      listener.close();
      closer.close();
    }
  }
}
