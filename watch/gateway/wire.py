"""A client's connection: uvicorn's WebSocket protocol, over which frames that were made for all can be sent."""

import asyncio
import socket
from collections.abc import Callable, Sequence
from typing import Any, cast

from uvicorn.config import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.extensions.permessage_deflate import PerMessageDeflate, ServerPerMessageDeflateFactory
from websockets.protocol import State
from websockets.server import ServerProtocol

from watch.gateway.frame import WINDOW_BITS, Frame

#: Where the connection is found in an ASGI scope's extensions.
EXTENSION = "leaderboard.wire"

# Bytes that wait in this process, and in the kernel unsent, before a client counts as behind. What waits there is
# sent, however old it becomes.
_HIGH_WATER = 64 * 1024
_UNSENT = 128 * 1024


class Wire(WebSocketsSansIOProtocol):
    """One client's connection."""

    def __init__(self, config: Config, server_state: ServerState, app_state: dict[str, Any], **rest: Any) -> None:
        super().__init__(config, server_state, app_state, **rest)
        # No message refers to the one before it, so that all clients can be sent the same bytes.
        deflate = ServerPerMessageDeflateFactory(
            server_no_context_takeover=True,
            client_no_context_takeover=True,
            server_max_window_bits=WINDOW_BITS,
        )
        self.conn = ServerProtocol(extensions=[deflate], max_size=config.ws_max_size, logger=self.logger)
        self.on_resume: Callable[[], None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(high=_HIGH_WATER)
        connection = cast(socket.socket, transport.get_extra_info("socket"))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT)

    async def run_asgi(self) -> None:
        self.scope["extensions"] |= {EXTENSION: cast(Any, self)}
        await super().run_asgi()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.on_resume:
            self.on_resume()

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

    def write(self, frames: Sequence[Frame]) -> int:
        """Send frames. Returns the number of bytes; 0 where the connection is gone."""
        if self.conn.state is not State.OPEN or self.transport.is_closing():
            return 0
        data = [frame.deflated() if self.deflates else frame.plain for frame in frames]
        # Not joined, so that what has to wait is the same bytes for all clients.
        self.transport.writelines(data)
        return sum(map(len, data))

    def dismiss(self, code: int, reason: str) -> None:
        """Close the connection behind what still waits; it is cut off where that is not taken in some seconds."""
        if self.conn.state is not State.OPEN or self.transport.is_closing():
            return
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.close_timer = self.loop.call_later(self.close_timeout, self.transport.abort)
