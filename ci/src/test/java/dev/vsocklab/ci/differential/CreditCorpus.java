package dev.vsocklab.ci.differential;

import java.util.List;

/** Regressions of credit: windows, and the moments at which it comes back. */
final class CreditCorpus {
  static final List<Regression> ALL =
      List.of(
          new Regression(
              "exactly the credit",
              "virtio_transport_get_credit: a message as long as the peer's buffer leaves nothing.",
              Corpus.BOTH,
              """
              B3 socket seqpacket = 0 | B3:out
              B3 bind any p1 = 0 | B3:out
              B3 listen 3 = 0 | B3:-
              A3 socket seqpacket = 0 | A3:out B3:-
              A3 connect 1 p1 = 0 | A3:out B3:in
              A3 send 262144 dontwait = 262144 | A3:- B3:in
              """),
          new Regression(
              "the sender's own buffer bounds the window",
              "virtio_transport_tx_buf_size",
              Corpus.BOTH,
              """
              A0 socket stream = 0 | A0:out
              A0 bind any p2 = 0 | A0:out
              A0 listen 2 = 0 | A0:-
              A2 socket stream = 0 | A0:- A2:out
              A2 set buffer-size 65535 = 0 | A0:- A2:out
              A2 connect 1 p2 = 0 | A0:in A2:out
              A2 send 65535 dontwait = 65535 | A0:in A2:-
              """),
          new Regression(
              "a stream that was read to its end tells the credit",
              "virtio_transport_stream_do_dequeue",
              Corpus.BOTH,
              """
              A1 socket stream = 0 | A1:out
              A1 set buffer-size 576 = 0 | A1:out
              A1 bind any p2 = 0 | A1:out
              A1 listen 2 = 0 | A1:-
              B2 socket stream = 0 | A1:- B2:out
              B2 connect 1 p2 = 0 | A1:in B2:out
              A1 accept A0 = 0 | A0:out A1:- B2:out
              B2 send 1000 dontwait = 576 | A0:in,out A1:- B2:-
              A0 receive 1000 dontwait = 576 #cecb61c8df1f615f | A0:out A1:- B2:out
              """),
          new Regression(
              "every message that was read tells the credit",
              "virtio_transport_seqpacket_do_dequeue",
              Corpus.BOTH,
              """
              B3 socket seqpacket = 0 | B3:out
              B3 bind any p1 = 0 | B3:out
              B3 listen 3 = 0 | B3:-
              A3 socket seqpacket = 0 | A3:out B3:-
              A3 connect 1 p1 = 0 | A3:out B3:in
              B3 accept B0 = 0 | A3:out B0:out B3:-
              A3 send 262144 dontwait = 262144 | A3:- B0:in,out B3:-
              B0 receive 1 dontwait = 1 trunc #2ea88b12a6f79f71 | A3:out B0:out B3:-
              """),
          new Regression(
              "credit comes back for whole packets",
              "virtio_transport_dec_rx_pkt: a packet that is half read counts in full.",
              Corpus.BOTH,
              """
              A3 socket stream = 0 | A3:out
              A3 bind any p2 = 0 | A3:out
              A3 listen 3 = 0 | A3:-
              A1 socket stream = 0 | A1:out A3:-
              A1 connect 1 p2 = 0 | A1:out A3:in
              A3 accept A2 = 0 | A1:out A2:out A3:-
              A2 send 262144 dontwait = 262144 | A1:in,out A2:- A3:-
              A1 receive 1 dontwait = 1 #e2ac13e89bed125c | A1:in,out A2:- A3:-
              A1 send 1 dontwait = 1 | A1:in,out A2:in A3:-
              """),
          new Regression(
              "up to 128 bytes go into the packet before",
              "virtio_transport_recv_enqueue, GOOD_COPY_LEN: merged, the credit of both comes back at once.",
              List.of("6.12"),
              """
              B0 socket stream = 0 | B0:out
              B0 set buffer-size 39038 = 0 | B0:out
              B0 bind any p1 = 0 | B0:out
              B0 listen 1 = 0 | B0:-
              B1 socket stream = 0 | B0:- B1:out
              B1 set buffer-size 29700 = 0 | B0:- B1:out
              B1 connect 1 p1 = 0 | B0:in B1:out
              B0 accept A2 = 0 | A2:out B0:- B1:out
              B1 send 1 dontwait = 1 | A2:in,out B0:- B1:out
              B1 send 128 dontwait = 128 | A2:in,out B0:- B1:out
              B1 send 29700 dontwait = 29571 | A2:in,out B0:- B1:-
              A2 receive 1 dontwait = 1 #1649d8f7a414ff81 | A2:in,out B0:- B1:-
              """),
          new Regression(
              "credit is told once less than 64 KiB are free",
              "virtio_transport_stream_do_dequeue, VIRTIO_VSOCK_MAX_PKT_BUF_SIZE",
              List.of("6.12"),
              """
              B3 socket stream = 0 | B3:out
              B3 bind any p1 = 0 | B3:out
              B3 listen 1 = 0 | B3:-
              A2 socket stream = 0 | A2:out B3:-
              A2 connect 1 p1 = 0 | A2:out B3:in
              B3 accept B2 = 0 | A2:out B2:out B3:-
              B2 send 1 dontwait = 1 | A2:in,out B2:out B3:-
              B2 send 262144 dontwait = 262143 | A2:in,out B2:- B3:-
              A2 receive 1 dontwait = 1 #e96869321515cb1e | A2:in,out B2:- B3:-
              A2 receive 196608 dontwait = 196608 #36d4c38f5811794a | A2:in,out B2:out B3:-
              """),
          new Regression(
              "a half-read packet still counts as unread",
              "virtio_transport_dec_rx_pkt of 6.1 takes whole packets off rx_bytes.",
              List.of("6.1"),
              """
              B0 socket stream = 0 | B0:out
              B0 bind any p3 = 0 | B0:out
              B0 listen 2 = 0 | B0:-
              A2 socket stream = 0 | A2:out B0:-
              A2 set receive-low-water 1000 = 0 | A2:out B0:-
              A2 connect 1 p3 = 0 | A2:out B0:in
              B0 accept B3 = 0 | A2:out B0:- B3:out
              B3 send 262143 dontwait = 262143 | A2:in,out B0:- B3:out
              A2 receive 65535 dontwait = 65535 #fc851488fd563cf5 | A2:in,out B0:- B3:out
              B3 send 1 dontwait = 1 | A2:in,out B0:- B3:-
              A2 receive 196608 dontwait = 196608 #a8a142bb25e7e455 | A2:in,out B0:- B3:-
              """),
          new Regression(
              "what came before an overrun can still be read",
              "virtio_transport_recv_connected: RST and ENOBUFS, then the data.",
              List.of("6.12"),
              """
              A3 socket stream = 0 | A3:out
              A3 bind any p0 = 0 | A3:out
              A3 listen 2 = 0 | A3:-
              A2 socket stream = 0 | A2:out A3:-
              A2 set buffer-size 576 = 0 | A2:out A3:-
              A2 connect 1 p0 = 0 | A2:out A3:in
              A3 accept B0 = 0 | A2:out A3:- B0:out
              B0 send 1 dontwait = 1 | A2:in,out A3:- B0:out
              B0 send 1 dontwait = 1 | A2:in,out,err,rdhup A3:- B0:in,out,rdhup
              A2 receive 1 dontwait = 1 #ca4d61d48358f3fc | A2:in,out,err,rdhup A3:- B0:in,out,rdhup
              """),
          new Regression(
              "a child inherits its listener's buffer",
              "__vsock_create",
              Corpus.BOTH,
              """
              B0 socket stream = 0 | B0:out
              B0 set buffer-size 4255 = 0 | B0:out
              B0 bind any p2 = 0 | B0:out
              B0 listen 1 = 0 | B0:-
              A1 socket stream = 0 | A1:out B0:-
              A1 connect 1 p2 = 0 | A1:out B0:in
              A1 send 65537 dontwait = 4255 | A1:- B0:in
              """),
          new Regression(
              "a low-water mark of 0 is one of 1",
              "vsock_set_rcvlowat; without it the reader would tell no credit.",
              List.of("6.12"),
              """
              B3 socket stream = 0 | B3:out
              B3 bind any p3 = 0 | B3:out
              B3 listen 2 = 0 | B3:-
              B1 socket stream = 0 | B1:out B3:-
              B1 connect 1 p3 = 0 | B1:out B3:in
              B3 accept B2 = 0 | B1:out B2:out B3:-
              B1 set receive-low-water 0 = 0 | B1:out B2:out B3:-
              B2 set buffer-size 65535 = 0 | B1:out B2:out B3:-
              B2 send 1 dontwait = 1 | B1:in,out B2:out B3:-
              B1 receive 1 dontwait = 1 #e96869321515cb1e | B1:out B2:out B3:-
              B2 send 65535 dontwait = 65535 | B1:in,out B2:- B3:-
              """),
          new Regression(
              "a message as long as the buffer waits for room",
              "virtio_transport_seqpacket_enqueue refuses longer ones alone.",
              Corpus.BOTH,
              """
              A2 socket seqpacket = 0 | A2:out
              A2 bind any p2 = 0 | A2:out
              A2 listen 3 = 0 | A2:-
              B3 socket seqpacket = 0 | A2:- B3:out
              B3 connect 1 p2 = 0 | A2:in B3:out
              A2 accept B0 = 0 | A2:- B0:out B3:out
              B0 send 1 dontwait = 1 | A2:- B0:out B3:in,out
              B0 send 262144 dontwait = EAGAIN | A2:- B0:- B3:in,out
              """));

  private CreditCorpus() {}
}
