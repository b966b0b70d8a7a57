"""A client's connection while it speaks HTTP: uvicorn's protocol, with limits and deadlines."""

import asyncio
import sys
from functools import partial
from http import HTTPStatus
from typing import Any, cast

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from watch.gateway.connections.admission import STATE, Admission
from watch.gateway.connections.client_connection import ClientConnection
from watch.gateway.limits import LONGEST_HEAD

# The states of h11 in which the request is not complete.
_INCOMPLETE = (h11.IDLE, h11.SEND_BODY)


class HttpProtocol(H11Protocol):
    """One client's connection, until it becomes a WebSocket.

    A whole request must come within a deadline, and its answer be taken within another, or :class:`Admission` cuts
    the connection off. Input is parsed in pieces, in turn with that of other clients.
    """

    def __init__(self, config: Config, server_state: ServerState, app_state: dict[str, Any], **rest: Any) -> None:
        super().__init__(config, server_state, app_state, **rest)
        self._admission: Admission = app_state[STATE]
        self._connection: ClientConnection | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(cast(asyncio.Transport, transport))
        self._connection = connection = self._admission.admit(self.transport)
        if connection is None:
            return
        self.flow = _InputFlow(self.transport, connection)
        connection.feed = self._feed
        connection.is_blocked = lambda: self.flow.read_paused
        websocket_protocol: Any = self.ws_protocol_class
        self.ws_protocol_class = cast(Any, partial(websocket_protocol, connection=connection))

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._connection:
            self._admission.remove(self._connection)

    def data_received(self, data: bytes) -> None:
        if self._connection:
            self._connection.receive(data)

    def _feed(self, piece: bytes) -> None:
        super().data_received(piece)
        self._update_deadline()

    def _update_deadline(self) -> None:
        connection = self._connection
        if connection is None or connection.feed != self._feed:
            # It is a WebSocket by now.
            return
        if self.conn.their_state not in _INCOMPLETE:
            self._admission.request_came(connection)
        elif connection.due is None:
            self._admission.await_request(connection)

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        assert self._connection
        address = self._admission.addresses.behind(self._connection.address, self.headers)
        if not self._admission.move(self._connection, address):
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, "there are too many connections of this address")
            return
        self._admission.request_came(self._connection)
        super().handle_websocket_upgrade(event)

    def send_400_response(self, msg: str) -> None:
        error = sys.exception()
        hint = error.error_status_hint if isinstance(error, h11.RemoteProtocolError) else 400
        if hint == HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE:
            msg = f"A request's first line and headers have {LONGEST_HEAD:,} bytes at most."
        self._answer(HTTPStatus(hint), msg)

    def _answer(self, status: HTTPStatus, sentence: str) -> None:
        """Answer without h11, which may be in any state by now, and close."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            head = (
                f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: text/plain; charset=utf-8\r\n"
                f"content-length: {len(sentence)}\r\nconnection: close\r\n\r\n"
            )
            self.transport.write((head + sentence).encode("ascii"))
        self.transport.close()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._connection:
            self._admission.request_came(self._connection)
        self._update_deadline()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._connection:
            self._connection.output_drained()


class _InputFlow(FlowControl):
    """Pauses the processing of buffered input, where uvicorn's own pauses the transport's reading."""

    def __init__(self, transport: asyncio.Transport, connection: ClientConnection) -> None:
        super().__init__(transport)
        self._connection = connection

    def pause_reading(self) -> None:
        self.read_paused = True

    def resume_reading(self) -> None:
        if self.read_paused:
            self.read_paused = False
            self._connection.resume()
