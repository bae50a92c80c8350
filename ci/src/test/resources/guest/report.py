"""Connects to the host and reports what its kernel is: a guest's program that ends."""
import os
import socket
import sys

with socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM) as host:
    host.connect((socket.VMADDR_CID_HOST, int(sys.argv[1])))
    host.sendall(os.uname().release.encode() + b"\n")
    print("told", host.recv(100).decode().strip(), flush=True)
