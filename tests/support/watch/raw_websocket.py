"""A WebSocket client that can send invalid data, and need not read."""

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA


def frame(opcode: int, payload: bytes = b"", *, final: bool = True) -> bytes:
    """A client's frame, masked with zeros."""
    length = len(payload)
    head = bytes((opcode | (0x80 if final else 0),))
    if length < 126:
        head += bytes((0x80 | length,))
    else:
        head += struct.pack("!BH", 0x80 | 126, length)
    return head + bytes(4) + payload


def upgrade(path: str = "/ws", headers: str = "") -> bytes:
    """A handshake's request."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n{headers}\r\n"
    ).encode()


@contextmanager
def raw(port: int, *, address: str = "127.0.0.1", receive_buffer: int = 0) -> Iterator[socket.socket]:
    """A connection to a gateway.

    Args:
        port: of the gateway.
        address: the client's address.
        receive_buffer: bytes of the kernel's receive buffer; 0: its default.
    """
    with socket.socket() as connection:
        if receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.settimeout(20)
        connection.bind((address, 0))
        connection.connect(("127.0.0.1", port))
        yield connection


@contextmanager
def websocket(port: int, *, address: str = "127.0.0.1", receive_buffer: int = 0) -> Iterator[socket.socket]:
    """A connection to a gateway's WebSocket, whose handshake is done."""
    with raw(port, address=address, receive_buffer=receive_buffer) as connection:
        connection.sendall(upgrade())
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            answer += connection.recv(1)
        assert answer.startswith(b"HTTP/1.1 101"), answer
        yield connection


def rest(connection: socket.socket) -> bytes:
    """All bytes until the end of a connection."""
    came = b""
    try:
        while data := connection.recv(65_536):
            came += data
    except ConnectionResetError:
        pass
    return came
