package dev.vsocklab.junit;

import dev.vsocklab.VsockChannel;
import java.util.Objects;
import org.apiguardian.api.API;
import org.jspecify.annotations.Nullable;
import org.mockito.AdditionalAnswers;
import org.mockito.MockSettings;
import org.mockito.Mockito;
import org.mockito.invocation.InvocationOnMock;
import org.mockito.stubbing.Answer;

/**
 * Mockito answers for sockets that the code under test opens itself, so that a test can script and
 * verify what happens on them.
 *
 * <p>Mockito's own {@code spy} copies the fields of what it wraps. A channel's state must not exist
 * twice: a thread that waits in the one would not notice that the other is closed. The spies made
 * here therefore forward each call, final methods such as {@code close} and {@code isOpen}
 * included, to the one real socket. What stays the real socket's own: what {@code socket()} and
 * {@code SelectionKey.channel()} return.
 */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public final class SpiedSockets {

  private SpiedSockets() {}

  /**
   * What a test scripts on a spied socket, before the code under test gets it.
   *
   * @param <T> the socket's type
   */
  @FunctionalInterface
  public interface Script<T> {

    /**
     * Scripts the socket.
     *
     * @param socket the spy
     * @throws Exception if a call that is being scripted declares it
     */
    void on(T socket) throws Exception;
  }

  /**
   * Lets the call go through and gives, instead of the socket that it returns, a spy of it: for
   * every {@code open…} of a {@link SpyVsock @SpyVsock} provider and for {@code accept} of a spied
   * listener.
   *
   * @param script what to script on it; a test that only verifies keeps it: {@code list::add}
   * @param <T> the type that the call returns
   * @return the answer
   */
  public static <T> Answer<@Nullable T> opened(Script<? super T> script) {
    Objects.requireNonNull(script);
    return call -> {
      Object socket = real(call);
      if (socket == null) {
        return null; // accept in non-blocking mode
      }
      @SuppressWarnings("unchecked") // the method says what it returns
      T spy = (T) spyOf(call.getMethod().getReturnType(), socket);
      script.on(spy);
      return spy;
    };
  }

  /**
   * Lets the call go through, as if nothing were scripted: {@code doAnswer(real()).doThrow(…)}
   * fails from the second call on. Works on spied sockets, where {@code doCallRealMethod} does not,
   * and on the provider.
   *
   * @return the answer
   */
  public static Answer<@Nullable Object> real() {
    return SpiedSockets::real;
  }

  /**
   * Lets the call go through and throws then. It is how {@code close} fails and yet closes, or how
   * a write fails after its bytes have left.
   *
   * @param failure what to throw, for example one of {@link dev.vsocklab.VsockFailures}
   * @return the answer
   */
  public static Answer<@Nullable Object> realThenThrow(Throwable failure) {
    Objects.requireNonNull(failure);
    return call -> {
      real(call);
      throw failure;
    };
  }

  private static <T> T spyOf(Class<T> type, Object socket) {
    MockSettings settings =
        Mockito.withSettings().defaultAnswer(AdditionalAnswers.delegatesTo(socket));
    if (socket instanceof VsockChannel) {
      settings.extraInterfaces(VsockChannel.class);
    }
    return Mockito.mock(type, settings);
  }

  /** What the mock does with calls that nobody scripted: the real call, for every spy. */
  private static @Nullable Object real(InvocationOnMock call) throws Throwable {
    return Mockito.mockingDetails(call.getMock())
        .getMockCreationSettings()
        .getDefaultAnswer()
        .answer(call);
  }
}
