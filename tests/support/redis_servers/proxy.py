"""A bad network between a client and a server."""

import contextlib
import select
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator

_CHUNK = 65_536


class Proxy:
    """Forwards connections to a port of the loopback interface, as well or as badly as it is told to.

    Args:
        target: the server's port.
        tls: encrypts the clients' side.
    """

    def __init__(self, target: int, tls: ssl.SSLContext | None = None) -> None:
        self._target = target
        self._tls = tls
        self._flows = threading.Event()
        self._flows.set()
        self._replies_left: int | None = None
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def lead_to(self, target: int) -> None:
        """Forward connections that come from now on to another port; those that are there stay where they are."""
        self._target = target

    def hold(self) -> None:
        """Forward nothing any more, nor that a side has closed; connections stay open."""
        self._flows.clear()

    def resume(self) -> None:
        self._flows.set()

    def cut(self) -> None:
        """Close all connections."""
        for each in list(self._open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def cut_after(self, replies: int) -> None:
        """Close all connections once so many more bytes of the server's have been forwarded."""
        self._replies_left = replies

    def close(self) -> None:
        self._listener.close()
        self.resume()
        self.cut()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            server = stack.enter_context(socket.create_connection(("127.0.0.1", self._target)))
            if self._tls:
                client = self._tls.wrap_socket(client, server_side=True)
            stack.enter_context(client)
            self._open |= {client, server}
            stack.callback(self._open.difference_update, {client, server})
            for source, data in _data(client, server):
                self._flows.wait()
                if source is server:
                    data = self._allowed(data)
                (client if source is server else server).sendall(data)
            # Neither side hears of the other's end either while nothing is forwarded.
            self._flows.wait()

    def _allowed(self, data: bytes) -> bytes:
        if self._replies_left is None:
            return data
        data = data[: self._replies_left]
        self._replies_left -= len(data)
        if not self._replies_left:
            self._replies_left = None
            self.cut()
        return data


class ConnectProxy:
    """An HTTP proxy, as companies have them: it connects its clients to whom they ask for.

    Attributes:
        asked: hosts and ports that clients asked for.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []
        proxy = self

        class Tunnel(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                target = self.rfile.readline().split()[1].decode()
                while self.rfile.readline().strip():
                    pass
                proxy.asked.append(target)
                host, _, port = target.rpartition(":")
                with contextlib.suppress(OSError), socket.create_connection((host, int(port))) as server:
                    self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
                    for source, data in _data(self.connection, server):
                        (server if source is self.connection else self.connection).sendall(data)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Tunnel)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _data(*sockets: socket.socket) -> Iterator[tuple[socket.socket, bytes]]:
    """What comes from either side, until one of them closes."""
    while True:
        pending = [each for each in sockets if isinstance(each, ssl.SSLSocket) and each.pending()]
        for each in pending or select.select(sockets, [], [])[0]:
            data = each.recv(_CHUNK)
            if not data:
                return
            yield each, data
