"""A fake server of the market data service's WebSocket."""

import asyncio
import http
import json
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from tests.support.waiting import eventually

T = TypeVar("T")

KEY = "the-key-of-a-subscriber"


class MassiveServer:
    """Greets, asks for the key, takes subscriptions, and sends what it is told to.

    Args:
        key: the only one that it accepts.
        refused: channels that the key does not give access to.

    Attributes:
        asked: what clients have sent, in order.
        greeted: connections so far.
        status: of the answer to a request for a connection; 101 accepts it.
        location: where the service is, as far as an answer tells that does not accept it.
        mute: whether it keeps connections without a word.
        most: connections at a time; one more drives out the oldest.
    """

    def __init__(self, key: str = KEY, refused: frozenset[str] = frozenset()) -> None:
        self._key = key
        self._refused = refused
        self._subscribers: dict[ServerConnection, set[str]] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: Server | None = None
        self._port = 0
        self.asked: list[dict[str, Any]] = []
        self.greeted = 0
        self.status = 101
        self.location = ""
        self.mute = False
        self.most = 100

    @property
    def port(self) -> int:
        return self._port

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self._port}"

    @property
    def subscribed(self) -> int:
        """Clients that have subscribed."""
        return len(self._subscribers)

    def start(self) -> None:
        """Listen; on the same port after a stop."""
        self._run(self._start())

    def stop(self) -> None:
        """Drop all connections and stop listening."""
        self.drop()
        self._run(self._stop())

    def publish(self, *events: dict[str, Any]) -> None:
        """Send events to all who have subscribed to them, one frame each."""
        for connection, channels in list(self._subscribers.items()):
            if mine := [event for event in events if _is_wanted(event, channels)]:
                self._run(connection.send(json.dumps(mine)))

    def send(self, frame: str | bytes) -> None:
        """Send a frame to all subscribers, whatever it is."""
        for connection in list(self._subscribers):
            self._run(connection.send(frame))

    def tell(self, status: str, message: str) -> None:
        """Send a status to all subscribers."""
        self.send(_status(status, message))

    def drop(self) -> None:
        """Drop all subscribers' connections without a close frame."""
        for connection in list(self._subscribers):
            self._loop.call_soon_threadsafe(connection.transport.abort)

    def close(self, code: int) -> None:
        """Close all subscribers' connections in order."""
        for connection in list(self._subscribers):
            self._run(connection.close(code))

    def await_subscribers(self, number: int = 1) -> None:
        eventually(lambda: len(self._subscribers) == number, what=f"{number} subscribers")

    def __enter__(self) -> Self:
        self._thread.start()
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, action: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(action, self._loop).result(30)

    async def _start(self) -> None:
        self._server = await serve(
            self._talk, "127.0.0.1", self._port, process_request=self._answer, close_timeout=1, max_size=None
        )
        self._port = self._server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        assert self._server
        self._server.close()
        await self._server.wait_closed()

    def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        if self.status == http.HTTPStatus.SWITCHING_PROTOCOLS:
            return None
        response = connection.respond(http.HTTPStatus(self.status), "")
        response.headers["Location"] = self.location
        return response

    async def _talk(self, connection: ServerConnection) -> None:
        self.greeted += 1
        try:
            if not self.mute:
                await connection.send(_status("connected", "Connected Successfully"))
            async for text in connection:
                self.asked.append(asked := json.loads(text))
                if not self.mute:
                    await self._reply(connection, asked["action"], asked["params"])
        except ConnectionClosed:
            pass
        finally:
            self._subscribers.pop(connection, None)

    async def _reply(self, connection: ServerConnection, action: str, params: str) -> None:
        if action == "auth" and params != self._key:
            await connection.send(_status("auth_failed", "authentication failed"))
            await connection.close(1008)
        elif action == "auth":
            await connection.send(_status("auth_success", "authenticated"))
        else:
            await self._subscribe(connection, params.split(","))

    async def _subscribe(self, connection: ServerConnection, channels: list[str]) -> None:
        for channel in channels:
            if channel in self._refused:
                await connection.send(_status("error", "not authorized"))
            else:
                await connection.send(_status("success", f"subscribed to: {channel}"))
        self._subscribers[connection] = set(channels) - self._refused
        if len(self._subscribers) > self.most:
            oldest = next(iter(self._subscribers))
            await oldest.send(_status("max_connections", "Maximum number of websocket connections exceeded."))
            await oldest.close(1008)


def _status(status: str, message: str) -> str:
    return json.dumps([{"ev": "status", "status": status, "message": message}])


def _is_wanted(event: dict[str, Any], channels: set[str]) -> bool:
    return bool(channels & {f"{event['ev']}.*", f"{event['ev']}.{event.get('sym', event.get('T'))}"})
