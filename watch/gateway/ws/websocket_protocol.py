"""A client's connection: uvicorn's WebSocket protocol, over which frames that were made for all can be sent."""

import asyncio
import socket
from collections.abc import Callable, Sequence
from typing import Any, cast

from uvicorn._types import ASGIReceiveEvent, ASGISendEvent
from uvicorn.config import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.exceptions import ProtocolError
from websockets.extensions.permessage_deflate import PerMessageDeflate, ServerPerMessageDeflateFactory
from websockets.frames import Frame as Received
from websockets.protocol import State
from websockets.server import ServerProtocol

from watch.gateway.connections.addresses import ClientAddress
from watch.gateway.connections.admission import STATE, Admission
from watch.gateway.connections.client_connection import ClientConnection
from watch.gateway.connections.token_bucket import TokenBucket
from watch.gateway.fanout.text_frame import WINDOW_BITS, TextFrame
from watch.gateway.limits import (
    ANSWERED,
    ANSWERED_PER_SECOND,
    BYTES,
    BYTES_AS_A_FRAME,
    BYTES_PER_SECOND,
    FRAMES,
    FRAMES_PER_SECOND,
)

#: Where the connection is found in an ASGI scope's extensions.
EXTENSION = "leaderboard.connection"

# Bytes that wait in this process, and in the kernel unsent, before a client counts as behind. What waits there is
# sent, however old it becomes.
_HIGH_WATER = 64 * 1024
_UNSENT = 128 * 1024

# Seconds for which a connection that was closed for what it sent can be read by its client.
_LINGER = 1.0

_BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_POLICY_VIOLATION = 1008
_INVALID_DATA = 1007


def bound_writes(transport: asyncio.Transport) -> None:
    """Have little wait here, and in the kernel unsent, for a client that does not take it."""
    transport.set_write_buffer_limits(high=_HIGH_WATER)
    connection = cast(socket.socket, transport.get_extra_info("socket"))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT)


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """One client's connection.

    What it sends comes in pieces and in turn with others', and has a budget, control frames and empty frames
    included. One that sends more is closed with 1008.
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
        self._frames = TokenBucket(FRAMES, FRAMES_PER_SECOND)
        self._bytes = TokenBucket(BYTES, BYTES_PER_SECOND)
        self._answered = TokenBucket(ANSWERED, ANSWERED_PER_SECOND)
        # No message refers to the one before it, so that all clients can be sent the same bytes.
        deflate = ServerPerMessageDeflateFactory(
            server_no_context_takeover=True,
            client_no_context_takeover=True,
            server_max_window_bits=WINDOW_BITS,
        )
        self.conn = _Counted(self._count, extensions=[deflate], max_size=config.ws_max_size, logger=self.logger)
        self.on_resume: Callable[[], None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._connection.feed = self._feed
        self._connection.is_blocked = lambda: self.read_paused
        self._connection.judges_writes = False

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._admission.leave(self._connection)

    # --- what it sends

    def data_received(self, data: bytes) -> None:
        if self.handshake_initiated:
            self._connection.received(data)
        else:
            # The handshake, of which h11 has read each part already.
            self._feed(data)

    def _feed(self, data: bytes) -> None:
        super().data_received(data)
        if not self.handshake_initiated:
            self._refuse_handshake()
        elif not self._bytes.take(len(data)):
            self._refuse("too many bytes")

    def _refuse_handshake(self) -> None:
        # As websockets puts it, where it does.
        answer = b"".join(self.conn.data_to_send())
        self.transport.write(answer or _BAD_REQUEST)
        self.transport.close()

    def _count(self) -> str | None:
        """Count a frame. Returns why it is too many, if it is."""
        self._connection.address.work.take()
        if self._frames.take():
            return None
        self._admission.counters.over_budget += 1
        return "too many messages"

    def _refuse(self, reason: str) -> None:
        self._admission.counters.over_budget += 1
        self.dismiss(_POLICY_VIOLATION, reason)
        self._linger()

    def handle_parser_exception(self) -> None:
        assert self.conn.close_sent is not None
        self.queue.put_nowait({"type": "websocket.disconnect", "code": self.conn.close_sent.code})
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self._linger()

    def _linger(self) -> None:
        """Close in a moment, and read nothing more. Closed over unread input the client would not see why."""
        self.stop_keepalive()
        self._connection.stop()
        if self.close_timer:
            self.close_timer.cancel()
        self.close_timer = self.loop.call_later(_LINGER, self.transport.close)

    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "text" and not _is_utf8(b"".join(self.frames)):
            # Which uvicorn logs, with a traceback.
            self.frames = []
            self.dismiss(_INVALID_DATA, "text that is no UTF-8")
            self._linger()
        else:
            super().send_receive_event_to_app()

    async def receive(self) -> ASGIReceiveEvent:
        event = await super().receive()
        self._connection.go_on()
        return event

    async def send(self, message: ASGISendEvent) -> None:
        await super().send(message)
        self._connection.go_on()

    async def answered(self, size: int) -> None:
        """Count an answer, and wait where the client has been answered more than it may be for the moment."""
        self._connection.address.work.take(size // BYTES_AS_A_FRAME)
        self._answered.take(size)
        if debt := self._answered.debt:
            await asyncio.sleep(debt)

    # --- what it is sent

    async def run_asgi(self) -> None:
        self.scope["extensions"] |= {EXTENSION: cast(Any, self)}
        await super().run_asgi()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.on_resume:
            self.on_resume()

    @property
    def address(self) -> ClientAddress:
        """Where the client comes from."""
        return self._connection.address

    @property
    def paused(self) -> bool:
        """Whether the client is behind: what it was sent before still waits."""
        return not self.writable.is_set()

    @property
    def waiting(self) -> int:
        """Bytes that wait in this process."""
        return self.transport.get_write_buffer_size()

    @property
    def deflates(self) -> bool:
        """Whether the client takes compressed messages, with a window as large as ours."""
        return any(
            isinstance(each, PerMessageDeflate) and each.local_max_window_bits >= WINDOW_BITS
            for each in self.conn.extensions
        )

    def write(self, frames: Sequence[TextFrame]) -> int:
        """Send frames. Returns the number of bytes; 0 where the connection is gone."""
        if self.conn.state is not State.OPEN or self.transport.is_closing():
            return 0
        data = [frame.deflated() if self.deflates else frame.plain for frame in frames]
        # Not joined, so that what has to wait is the same bytes for all clients.
        self.transport.writelines(data)
        return sum(map(len, data))

    def dismiss(self, code: int, reason: str) -> None:
        """Close the connection behind what still waits; it is cut off where that is not taken in some seconds."""
        self.stop_keepalive()
        if self.conn.state is not State.OPEN or self.transport.is_closing():
            return
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.close_timer = self.loop.call_later(self.close_timeout, self.transport.abort)


class _Counted(ServerProtocol):
    """The WebSocket protocol, with each frame of the client's counted before anything is done with it.

    Args:
        count: called for each; returns why it is too many, if it is.
    """

    def __init__(self, count: Callable[[], str | None], **rest: Any) -> None:
        super().__init__(**rest)
        self._count = count

    def recv_frame(self, frame: Received) -> None:
        if reason := self._count():
            self.fail(_POLICY_VIOLATION, reason)
            # Ends the parser; what was sent before it stands.
            raise ProtocolError(reason)
        # What comes after the client's last frame is nothing, and websockets fails over a second one.
        if self.close_rcvd is None:
            super().recv_frame(frame)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
