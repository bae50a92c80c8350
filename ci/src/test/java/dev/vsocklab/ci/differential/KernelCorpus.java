package dev.vsocklab.ci.differential;

import java.util.List;

/** Regressions of what the kernels do differently. */
final class KernelCorpus {
  static final List<Regression> ALL =
      List.of(
          new Regression(
              "a receive buffer too small for one packet's overhead",
              "virtio_transport_inc_rx_pkt counts SKB_TRUESIZE(0) for each packet against the"
                  + " buffer; 6.1 counts payload alone.",
              List.of("6.12"),
              """
              A0 socket stream = 0 | A0:out
              A0 set buffer-size 128 = 0 | A0:out
              A0 bind any p0 = 0 | A0:out
              A0 listen 3 = 0 | A0:-
              A2 socket stream = 0 | A0:- A2:out
              A2 connect 1 p0 = 0 | A0:in A2:out
              A0 accept A1 = 0 | A0:- A1:out A2:out
              A2 send 1 dontwait = 1 | A0:- A1:in,out,err,rdhup A2:in,out,rdhup
              """),
          new Regression(
              "a receive buffer too small for one packet's overhead",
              "virtio_transport_inc_rx_pkt of 6.1 counts payload alone.",
              List.of("6.1"),
              """
              A0 socket stream = 0 | A0:out
              A0 set buffer-size 128 = 0 | A0:out
              A0 bind any p0 = 0 | A0:out
              A0 listen 3 = 0 | A0:-
              A2 socket stream = 0 | A0:- A2:out
              A2 connect 1 p0 = 0 | A0:in A2:out
              A0 accept A1 = 0 | A0:- A1:out A2:out
              A2 send 1 dontwait = 1 | A0:- A1:in,out A2:out
              """),
          new Regression(
              "a pending error takes the place of EPIPE",
              "sk_stream_error in vsock_connectible_sendmsg, on SOCK_STREAM, clears sk_err.",
              List.of("6.12"),
              """
              B0 socket stream = 0 | B0:out
              B0 connect 1 p0 dontwait = EINPROGRESS | B0:out,err
              B0 shutdown both = 0 | B0:in,err,hup,rdhup
              B0 send 0 dontwait = ECONNRESET | B0:in,hup,rdhup
              """),
          new Regression(
              "a pending error takes the place of EPIPE",
              "vsock_connectible_sendmsg of 6.1 gives EPIPE and leaves sk_err.",
              List.of("6.1"),
              """
              B0 socket stream = 0 | B0:out
              B0 connect 1 p0 dontwait = EINPROGRESS | B0:out,err
              B0 shutdown both = 0 | B0:in,err,hup,rdhup
              B0 send 0 dontwait = EPIPE | B0:in,err,hup,rdhup
              """),
          new Regression(
              "a message longer than the buffer",
              "virtio_transport_seqpacket_enqueue gives EMSGSIZE; 6.1's vsock_connectible_sendmsg"
                  + " makes ENOMEM of it.",
              List.of("6.12"),
              """
              B3 socket seqpacket = 0 | B3:out
              B3 bind any p0 = 0 | B3:out
              B3 listen 1 = 0 | B3:-
              B2 socket seqpacket = 0 | B2:out B3:-
              B2 connect 1 p0 = 0 | B2:out B3:in
              B2 send 262145 dontwait = EMSGSIZE | B2:out B3:in
              """),
          new Regression(
              "a refused background connect leaves its error to be asked for",
              "virtio_transport_recv_connecting sets sk_err; only vsock_connect of a waiting call"
                  + " takes it. SO_ERROR takes it once.",
              Corpus.BOTH,
              """
              A0 socket stream = 0 | A0:out
              A0 connect 1 p0 dontwait = EINPROGRESS | A0:out,err
              A0 connect 1 p0 dontwait = EALREADY | A0:out,err
              A0 take-error = 0 ECONNRESET | A0:out
              A0 take-error = 0 | A0:out
              A0 connect 1 p0 dontwait = EALREADY | A0:out
              """));

  private KernelCorpus() {}
}
