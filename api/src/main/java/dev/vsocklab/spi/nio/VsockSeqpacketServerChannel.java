package dev.vsocklab.spi.nio;

import dev.vsocklab.SeqpacketServerChannel;
import dev.vsocklab.spi.KernelSocket;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.channels.AsynchronousCloseException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A SEQPACKET listener; {@link Listening} has its contract. */
final class VsockSeqpacketServerChannel extends SeqpacketServerChannel implements OwningChannel {
  private final VsockSelectorProvider machine;
  private final Listening listening;

  VsockSeqpacketServerChannel(VsockSelectorProvider machine, KernelSocket socket) {
    super(machine);
    this.machine = machine;
    this.listening = new Listening(machine, Face.CHANNEL, socket, this);
  }

  @Override
  public VsockSeqpacketServerChannel bind(@Nullable SocketAddress local, int backlog)
      throws IOException {
    listening.bind(local, backlog);
    return this;
  }

  @Override
  public @Nullable VsockSeqpacketChannel accept() throws IOException {
    KernelSocket accepted = listening.accept();
    return accepted == null ? null : VsockSeqpacketChannel.accepted(machine, accepted);
  }

  @Override
  public @Nullable SocketAddress getLocalAddress() throws IOException {
    return listening.openLocalAddress();
  }

  @Override
  public <T> VsockSeqpacketServerChannel setOption(SocketOption<T> name, T value)
      throws IOException {
    listening.setOption(name, value);
    return this;
  }

  @Override
  public <T> T getOption(SocketOption<T> name) throws IOException {
    return listening.getOption(name);
  }

  @Override
  public Set<SocketOption<?>> supportedOptions() {
    return listening.supportedOptions();
  }

  @Override
  protected void implCloseSelectableChannel() {
    listening.socket.close();
  }

  @Override
  protected void implConfigureBlocking(boolean block) throws IOException {
    listening.awaitCalls();
  }

  @Override
  public Listening core() {
    return listening;
  }

  @Override
  public void beginWait() {
    begin();
  }

  @Override
  public void endWait(boolean completed) throws AsynchronousCloseException {
    end(completed);
  }

  @Override
  public String toString() {
    return listening.text("SeqpacketServerChannel");
  }
}
