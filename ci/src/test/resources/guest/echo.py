"""Says hello on a vsock port and sends back what it gets, line by line: a guest's program."""
import socket
import sys

port = int(sys.argv[1])
with socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM) as server:
    server.bind((socket.VMADDR_CID_ANY, port))
    server.listen()
    print("listening on", port, flush=True)
    while True:
        connection, (cid, _) = server.accept()
        with connection, connection.makefile("rwb") as lines:
            lines.write(b"hello from python, CID %d\n" % cid)
            lines.flush()
            for line in lines:
                lines.write(line)
                lines.flush()
