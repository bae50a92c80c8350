package dev.vsocklab.ci.differential;

import java.util.List;

/** Regressions of single calls: their results, and what poll tells. */
final class CallCorpus {
  static final List<Regression> ALL =
      List.of(
          new Regression(
              "a refused connect",
              "ECONNRESET, virtio_transport_recv_connecting.",
              Corpus.BOTH,
              """
              A3 socket stream = 0 | A3:out
              A3 connect 1 p2 = ECONNRESET | A3:out
              """),
          new Regression(
              "an unconnected socket is writable",
              "vsock_poll: TCP_CLOSE gives POLLOUT.",
              Corpus.BOTH,
              """
              A0 socket stream = 0 | A0:out
              """),
          new Regression(
              "the low-water mark binds poll",
              "virtio_transport_notify_poll_in",
              Corpus.BOTH,
              """
              A0 socket stream = 0 | A0:out
              A0 bind any p2 = 0 | A0:out
              A0 listen 0 = 0 | A0:-
              B2 socket stream = 0 | A0:- B2:out
              B2 connect 1 p2 = 0 | A0:in B2:out
              A0 accept B1 = 0 | A0:- B1:out B2:out
              B1 send 1 dontwait = 1 | A0:- B1:out B2:in,out
              B2 set receive-low-water 1000 = 0 | A0:- B1:out B2:out
              """),
          new Regression(
              "peeking leaves the data",
              "virtio_transport_stream_do_peek",
              Corpus.BOTH,
              """
              A1 socket stream = 0 | A1:out
              A1 bind any p3 = 0 | A1:out
              A1 listen 1 = 0 | A1:-
              B3 socket stream = 0 | A1:- B3:out
              B3 connect 1 p3 = 0 | A1:in B3:out
              A1 accept B0 = 0 | A1:- B0:out B3:out
              B0 send 1 dontwait = 1 | A1:- B0:out B3:in,out
              B3 receive 1 dontwait peek = 1 #ca4d61d48358f3fc | A1:- B0:out B3:in,out
              """),
          new Regression(
              "a low-water mark as large as the buffer",
              "__vsock_stream_recvmsg: ENOMEM if target >= stream_rcvhiwat.",
              Corpus.BOTH,
              """
              B2 socket stream = 0 | B2:out
              B2 bind any p3 = 0 | B2:out
              B2 listen 2 = 0 | B2:-
              B3 socket stream = 0 | B2:- B3:out
              B3 connect 1 p3 = 0 | B2:in B3:out
              B3 set buffer-max-size 1 = 0 | B2:in B3:out
              B3 receive 1 dontwait = ENOMEM | B2:in B3:out
              """),
          new Regression(
              "truncation is told",
              "__vsock_seqpacket_recvmsg sets MSG_TRUNC.",
              Corpus.BOTH,
              """
              A2 socket seqpacket = 0 | A2:out
              A2 bind any p2 = 0 | A2:out
              A2 listen 3 = 0 | A2:-
              B3 socket seqpacket = 0 | A2:- B3:out
              B3 connect 1 p2 = 0 | A2:in B3:out
              A2 accept B0 = 0 | A2:- B0:out B3:out
              B0 send 100 dontwait = 100 | A2:- B0:out B3:in,out
              B3 receive 1 dontwait = 1 trunc #ca4d61d48358f3fc | A2:- B0:out B3:out
              """),
          new Regression(
              "a socket that connects to itself",
              "virtio_transport_recv_connecting: its own REQUEST is EPROTO.",
              Corpus.BOTH,
              """
              A2 socket stream = 0 | A2:out
              A2 bind any p1 = 0 | A2:out
              A2 connect 1 p1 = EPROTO | A2:out
              """),
          new Regression(
              "a REQUEST to a port of a connected socket",
              "vsock_check_source: it is from a stranger and gets RST.",
              Corpus.BOTH,
              """
              B1 socket seqpacket = 0 | B1:out
              B1 bind any p1 = 0 | B1:out
              B1 listen 2 = 0 | B1:-
              A3 socket seqpacket = 0 | A3:out B1:-
              A3 connect 1 p1 = 0 | A3:out B1:in
              A0 socket seqpacket = 0 | A0:out A3:out B1:in
              A0 connect 1 port-of-A3 dontwait = EINPROGRESS | A0:out,err A3:out B1:in
              """),
          new Regression(
              "a backlog of 0 holds one connection",
              "sk_acceptq_is_full",
              Corpus.BOTH,
              """
              B2 socket seqpacket = 0 | B2:out
              B2 bind any p1 = 0 | B2:out
              B2 listen 0 = 0 | B2:-
              B3 socket seqpacket = 0 | B2:- B3:out
              B3 connect 1 p1 = 0 | B2:in B3:out
              """),
          new Regression(
              "an accepted connection leaves the backlog",
              "vsock_accept: sk_acceptq_removed",
              Corpus.BOTH,
              """
              A2 socket seqpacket = 0 | A2:out
              A2 bind any p3 = 0 | A2:out
              A2 listen 0 = 0 | A2:-
              A1 socket seqpacket = 0 | A1:out A2:-
              A1 connect 1 p3 = 0 | A1:out A2:in
              A2 accept B3 = 0 | A1:out A2:- B3:out
              B2 socket seqpacket = 0 | A1:out A2:- B2:out B3:out
              B2 connect 1 p3 = 0 | A1:out A2:in B2:out B3:out
              """));

  private CallCorpus() {}
}
