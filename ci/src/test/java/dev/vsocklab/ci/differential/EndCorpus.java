package dev.vsocklab.ci.differential;

import java.util.List;

/** Regressions of how connections end: half-closes, closes and what they leave. */
final class EndCorpus {
  static final List<Regression> ALL =
      List.of(
          new Regression(
              "shutdown() adds to what was shut",
              "vsock_shutdown: sk_shutdown |= mode",
              Corpus.BOTH,
              """
              A3 socket stream = 0 | A3:out
              A3 bind any p3 = 0 | A3:out
              A3 listen 0 = 0 | A3:-
              A2 socket stream = 0 | A2:out A3:-
              A2 connect 1 p3 = 0 | A2:out A3:in
              A3 accept B1 = 0 | A2:out A3:- B1:out
              B1 shutdown both = 0 | A2:in,out,rdhup A3:- B1:in,hup,rdhup
              B1 shutdown read = 0 | A2:in,out,rdhup A3:- B1:in,hup,rdhup
              """),
          new Regression(
              "the peer's SHUTDOWNs add up",
              "virtio_transport_recv_connected: peer_shutdown is sticky.",
              Corpus.BOTH,
              """
              A1 socket stream = 0 | A1:out
              A1 bind any p0 = 0 | A1:out
              A1 listen 0 = 0 | A1:-
              A2 socket stream = 0 | A1:- A2:out
              A2 connect 1 p0 = 0 | A1:in A2:out
              A1 accept A0 = 0 | A0:out A1:- A2:out
              A2 shutdown write = 0 | A0:in,out,rdhup A1:- A2:-
              A0 send 262145 dontwait = 262144 | A0:in,rdhup A1:- A2:in
              A2 shutdown read = 0 | A0:in,out,rdhup A1:- A2:in,hup,rdhup
              """),
          new Regression(
              "shutdown() forgets that the connection is over",
              "vsock_shutdown resets SOCK_DONE: a receive gives ENOTCONN from then on.",
              List.of("6.12"),
              """
              B3 socket stream = 0 | B3:out
              B3 bind any p1 = 0 | B3:out
              B3 listen 1 = 0 | B3:-
              B1 socket stream = 0 | B1:out B3:-
              B1 connect 1 p1 = 0 | B1:out B3:in
              B3 accept A1 = 0 | A1:out B1:out B3:-
              A1 set buffer-size 127 = 0 | A1:out B1:out B3:-
              B1 send 1 dontwait = 1 | A1:in,out,err,rdhup B1:in,out,rdhup B3:-
              A1 shutdown write = 0 | A1:in,err,hup,rdhup B1:in,out,rdhup B3:-
              A1 receive 0 dontwait = ENOTCONN | A1:in,err,hup,rdhup B1:in,out,rdhup B3:-
              """),
          new Regression(
              "a full shutdown is answered with RST",
              "virtio_transport_recv_connected, with nothing unread.",
              Corpus.BOTH,
              """
              A0 socket stream = 0 | A0:out
              A0 bind any p1 = 0 | A0:out
              A0 listen 2 = 0 | A0:-
              A1 socket stream = 0 | A0:- A1:out
              A1 set buffer-size 8690 = 0 | A0:- A1:out
              A1 connect 1 p1 = 0 | A0:in A1:out
              A0 accept A2 = 0 | A0:- A1:out A2:out
              A1 send 8690 dontwait = 8690 | A0:- A1:- A2:in,out
              A2 shutdown both = 0 | A0:- A1:in,out,rdhup A2:in,hup,rdhup
              """),
          new Regression(
              "a peer's close is no hang-up",
              "vsock_poll_shutdown: RDHUP alone.",
              Corpus.BOTH,
              """
              A2 socket stream = 0 | A2:out
              A2 bind any p3 = 0 | A2:out
              A2 listen 0 = 0 | A2:-
              B0 socket stream = 0 | A2:- B0:out
              B0 connect 1 p3 = 0 | A2:in B0:out
              A2 close = 0 | B0:in,out,rdhup
              """),
          new Regression(
              "nothing can be read after SHUT_RD",
              "vsock_connectible_recvmsg: 0, whatever is queued.",
              Corpus.BOTH,
              """
              A0 socket stream = 0 | A0:out
              A0 bind any p0 = 0 | A0:out
              A0 listen 1 = 0 | A0:-
              B3 socket stream = 0 | A0:- B3:out
              B3 connect 1 p0 = 0 | A0:in B3:out
              A0 accept B0 = 0 | A0:- B0:out B3:out
              B3 send 1 dontwait = 1 | A0:- B0:in,out B3:out
              B0 shutdown read = 0 | A0:- B0:in,out,rdhup B3:out
              B0 receive 1 dontwait = 0 | A0:- B0:in,out,rdhup B3:out
              """),
          new Regression(
              "SO_ERROR is told once",
              "sock_error clears sk_err.",
              List.of("6.12"),
              """
              B3 socket stream = 0 | B3:out
              B3 bind any p1 = 0 | B3:out
              B3 listen 0 = 0 | B3:-
              A1 socket stream = 0 | A1:out B3:-
              A1 connect 1 p1 = 0 | A1:out B3:in
              B3 accept A3 = 0 | A1:out A3:out B3:-
              A1 set buffer-max-size 1 = 0 | A1:out A3:out B3:-
              A3 send 1 dontwait = 1 | A1:in,out,err,rdhup A3:in,out,rdhup B3:-
              A1 take-error = 0 ENOBUFS | A1:in,out,rdhup A3:in,out,rdhup B3:-
              """),
          new Regression(
              "a socket whose connect was refused is still bound",
              "virtio_transport_recv_connecting keeps binding and transport.",
              Corpus.BOTH,
              """
              B3 socket stream = 0 | B3:out
              B3 bind any p2 = 0 | B3:out
              B3 connect 1 p3 dontwait = EINPROGRESS | B3:out,err
              """));

  private EndCorpus() {}
}
