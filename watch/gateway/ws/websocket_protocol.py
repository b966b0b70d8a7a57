"""A client's connection while it is a WebSocket: uvicorn's protocol, able to send frames that clients share."""

import asyncio
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, cast

from uvicorn._types import ASGIReceiveEvent, ASGISendEvent
from uvicorn.config import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.extensions.permessage_deflate import PerMessageDeflate, ServerPerMessageDeflateFactory
from websockets.protocol import State

from watch.gateway.connections.addresses import ClientAddress
from watch.gateway.connections.admission import STATE, Admission
from watch.gateway.connections.client_connection import ClientConnection
from watch.gateway.fanout.text_frame import WINDOW_BITS, TextFrame, is_utf8
from watch.gateway.ws.client_budget import POLICY_VIOLATION, BudgetedParser, ClientBudget

#: Where an ASGI scope's extensions hold this connection.
EXTENSION = "leaderboard.connection"

# Seconds in which the client can read why its connection was closed.
_LINGER = 1.0

_BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_INVALID_DATA = 1007


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """One client's connection.

    Input is parsed in pieces, in turn with that of other clients. It has a budget, which control frames and empty
    frames count against too. A client that sends more is closed with 1008.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        *,
        connection: ClientConnection,
        **rest: Any,
    ) -> None:
        super().__init__(config, server_state, app_state, **rest)
        self._admission: Admission = app_state[STATE]
        self._connection = connection
        self.budget = ClientBudget(connection, self._admission.counters)
        # Each message is compressed by itself, so that all clients can be sent the same bytes.
        deflate = ServerPerMessageDeflateFactory(
            server_no_context_takeover=True,
            client_no_context_takeover=True,
            server_max_window_bits=WINDOW_BITS,
        )
        self.conn = BudgetedParser(
            self.budget.allows_frame, extensions=[deflate], max_size=config.ws_max_size, logger=self.logger
        )
        self.on_resume: Callable[[], None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._connection.feed = self._feed
        self._connection.is_blocked = lambda: self.read_paused
        self._connection.checks_writes = False

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._admission.remove(self._connection)

    async def run_asgi(self) -> None:
        self.scope["extensions"] |= {EXTENSION: cast(Any, self)}
        await super().run_asgi()

    @property
    def address(self) -> ClientAddress:
        """Where the client comes from."""
        return self._connection.address

    # --- input

    def data_received(self, data: bytes) -> None:
        if self.handshake_initiated:
            self._connection.receive(data)
        else:
            # The handshake, each part of which h11 has read already.
            self._feed(data)

    def _feed(self, data: bytes) -> None:
        super().data_received(data)
        if not self.handshake_initiated:
            self._refuse_handshake()
        elif not self.budget.allows_bytes(len(data)):
            self.close_with(POLICY_VIOLATION, "too many bytes")
            self._linger()

    def _refuse_handshake(self) -> None:
        # As websockets answers it, if it does.
        answer = b"".join(self.conn.data_to_send())
        self.transport.write(answer or _BAD_REQUEST)
        self.transport.close()

    def handle_parser_exception(self) -> None:
        assert self.conn.close_sent is not None
        self.queue.put_nowait({"type": "websocket.disconnect", "code": self.conn.close_sent.code})
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self._linger()

    def _linger(self) -> None:
        """Close in a moment, and read nothing more.

        Closing at once, with input unread, resets the connection, and the client could not read why.
        """
        self.stop_keepalive()
        self._connection.stop_reading()
        if self.close_timer:
            self.close_timer.cancel()
        self.close_timer = self.loop.call_later(_LINGER, self.transport.close)

    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "text" and not is_utf8(b"".join(self.frames)):
            # Uvicorn would log it with a traceback.
            self.frames = []
            self.close_with(_INVALID_DATA, "text that is no UTF-8")
            self._linger()
        else:
            super().send_receive_event_to_app()

    async def receive(self) -> ASGIReceiveEvent:
        event = await super().receive()
        self._connection.resume()
        return event

    async def send(self, message: ASGISendEvent) -> None:
        await super().send(message)
        self._connection.resume()

    # --- output

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.on_resume:
            self.on_resume()

    @property
    def paused(self) -> bool:
        """Whether the client is slow: earlier output still waits."""
        return not self.writable.is_set()

    @property
    def unsent(self) -> int:
        """Bytes of output that wait in this process."""
        return self.transport.get_write_buffer_size()

    @cached_property
    def deflates(self) -> bool:
        """Whether the client takes compressed messages, with a window as large as ours: its handshake says so."""
        return any(
            isinstance(each, PerMessageDeflate) and each.local_max_window_bits >= WINDOW_BITS
            for each in self.conn.extensions
        )

    def write(self, frames: Sequence[TextFrame]) -> int:
        """Send frames. Returns their size in bytes; 0 if the connection is closed."""
        if self.conn.state is not State.OPEN or self.transport.is_closing():
            return 0
        deflates = self.deflates
        data = [frame.deflated() if deflates else frame.plain for frame in frames]
        # Not joined: what has to wait is then the same bytes object for all clients.
        self.transport.writelines(data)
        return sum(map(len, data))

    def close_with(self, code: int, reason: str) -> None:
        """Close the connection after what still waits. It is cut off if the client does not take that in time."""
        self.stop_keepalive()
        if self.conn.state is not State.OPEN or self.transport.is_closing():
            return
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.close_timer = self.loop.call_later(self.close_timeout, self.transport.abort)
