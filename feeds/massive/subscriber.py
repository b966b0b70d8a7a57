"""Subscribes to the market data service, and reconnects whenever the connection is lost."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from massive.websocket import WebSocketClient
from pydantic import SecretStr
from redis.backoff import AbstractBackoff, EqualJitterBackoff
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus, WebSocketException

from feeds.errors import FeedError
from feeds.massive.frames import STATUS, Frame, FrameReader
from feeds.massive.proxy import check_proxy
from feeds.massive.silence_detector import SilenceDetector
from leaderboard.brief import brief

#: Seconds without a frame after which the service is pinged. It has as long to answer.
QUIET = 10.0
#: Seconds that the service may take to greet and to accept the key.
AUTH_TIMEOUT = 10.0
#: Seconds that a connection has to last for its loss to count as the first failure.
STEADY = 30.0
#: Seconds between two attempts, at most.
MAX_BACKOFF = 30.0
#: Bytes of a frame, at most. The whole market's bars of a second take 3 MB; the library's default is 1 MB.
MAX_FRAME = 64 * 2**20
#: Received frames that may wait to be read, at most. Many hold a single bar.
FRAMES_AHEAD = 256

#: What the service says before it closes a connection since there is a newer one.
MAX_CONNECTIONS = "max_connections"
# Failures after which the backoff is at its maximum.
_MANY = 20
_UNAUTHORIZED = (401, 403)

log = logging.getLogger(__name__)
# The library's logger writes to standard output, where the feed shows its progress.
logging.getLogger("WebSocketClient").handlers.clear()


class RefusedError(FeedError):
    """The service refuses the key or all channels. A retry is pointless."""


class _LostError(Exception):
    """The connection is lost."""


class _SilentError(_LostError):
    """The connection is open, but brings no bars though the market trades."""


class _ConnectWithoutRedirects(connect):
    """Follows no redirects: the key is for one host only."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


class Subscriber(WebSocketClient):
    """The client library's client, with a receive loop of our own.

    The library's ``connect`` does not fit. It ends when the service closes the connection in order, as at a
    restart. It retries without backoff if connections are accepted and dropped, and without a log record if none
    is accepted. It starts a task for each frame, and takes a pong that waits behind unread frames for a lost
    connection. We use the library's address, certificates, subscribing, and log of the service's complaints.

    Args:
        url: ``wss://HOST``, without the path of the market.
        key: sent to the service and nowhere else.
        names: channels to subscribe to.
        frames: reads the frames.
        quiet: see :data:`QUIET`.
        backoff: seconds between two attempts, by how many have failed.
        silence: detects that bars are missing.

    Attributes:
        connected: whether bars can be received. After a silent connection, only once they are.
        trouble: why not; None before the first failure.
        losses: connections lost or failed.
        heard: when the last frame was received, on the monotonic clock.
    """

    def __init__(
        self,
        url: str,
        key: SecretStr,
        names: Sequence[str],
        frames: FrameReader,
        quiet: float = QUIET,
        backoff: AbstractBackoff | None = None,
        silence: SilenceDetector | None = None,
    ) -> None:
        scheme, _, host = url.partition("://")
        super().__init__(
            key.get_secret_value(), host.rstrip("/"), raw=True, subscriptions=list(names), secure=scheme == "wss"
        )
        self._frames = frames
        self._quiet = quiet
        self._backoff = backoff or EqualJitterBackoff(cap=MAX_BACKOFF, base=0.5)
        self._silence = silence or SilenceDetector(names)
        self._granted = self._refused = 0
        self._last_complaint = ""
        self._lost_at: float | None = None
        # Whether the last connection was silent: this one may be as well.
        self._doubted = False
        self.connected = False
        self.trouble: str | None = None
        self.losses = 0
        self.heard = time.monotonic()

    @property
    def missing(self) -> float:
        """Seconds for which bars have been missing though the market trades."""
        return self._silence.missing()

    async def listen(self, take: Callable[[Frame], Awaitable[None]]) -> None:
        """Pass each frame with bars to `take`. Reconnect whenever the connection is lost.

        When cancelled, pass on the frames that were received already, and end.

        Args:
            take: while it runs, nothing is read from the connection.

        Raises:
            RefusedError: the service refuses the key, or every channel.
        """
        failures = 0
        while True:
            began = time.monotonic()
            silent = False
            try:
                await self._session(take)
            except (OSError, WebSocketException, _LostError) as error:
                self.trouble = self._last_complaint or _text(error)
                silent = isinstance(error, _SilentError)
            finally:
                self._flush_server_errors(force=True)
                was_connected, self.connected = self.connected, False
            ended = time.monotonic()
            if was_connected:
                # What a silent connection did not bring is missed as well.
                self._lost_at = ended - self.missing if silent else ended
            self._doubted |= silent
            failures = 1 if (was_connected or silent) and ended - began >= STEADY else failures + 1
            # Another connection with this key is likely to stay. The two would close each other in turns.
            pause = self._backoff.compute(_MANY if self._last_complaint.startswith(MAX_CONNECTIONS) else failures)
            log.warning("not connected to %s (%s), retry in %.1f s", self.url, self.trouble, pause)
            # Last, so that the log already says why.
            self.losses += 1
            await asyncio.sleep(pause)

    async def _session(self, take: Callable[[Frame], Awaitable[None]]) -> None:
        self._granted = self._refused = 0
        self._last_complaint = ""
        async with self._opened() as socket:
            self.websocket = socket
            await self._authenticate(socket)
            if not self._doubted:
                self.connected, self.trouble = True, None
            if self._lost_at is None:
                log.info("connected to %s", self.url)
            else:
                gap = time.monotonic() - self._lost_at
                log.warning("connected to %s again: the bars of %.1f s are missed", self.url, gap)
            await self._subscribe(self.scheduled_subs)
            self._silence.connected()
            try:
                while True:
                    await self._take_frame(await self._receive(socket), take)
            except asyncio.CancelledError:
                await self._take_received(socket, take)
                raise

    async def _take_frame(self, text: bytes, take: Callable[[Frame], Awaitable[None]]) -> None:
        frame = self._frames.read(text)
        self.heard = time.monotonic()
        if frame.bars:
            # An earlier complaint has not kept bars away, so it will not explain a later loss.
            self._last_complaint = ""
            self._doubted = False
            self.connected, self.trouble = True, None
            self._silence.heard()
            # Before the frame's statuses, which can end the feed.
            await take(frame)
        for status in frame.statuses:
            self._take_status(status)
        self._flush_server_errors()

    async def _take_received(self, socket: ClientConnection, take: Callable[[Frame], Awaitable[None]]) -> None:
        """Pass on the frames that wait to be read: :data:`FRAMES_AHEAD` and a few, at most."""
        with suppress(TimeoutError, WebSocketException):
            while True:
                # Those take no waiting.
                async with asyncio.timeout(0):
                    frame = self._frames.read(await socket.recv(decode=False))
                if frame.bars:
                    await take(frame)

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[ClientConnection]:
        opening = _ConnectWithoutRedirects(
            self.url,
            ssl=self._ssl_context(),
            close_timeout=1,
            # A pong waits behind frames that wait for a slow broker, so _receive pings by itself.
            ping_interval=None,
            max_size=MAX_FRAME,
            max_queue=FRAMES_AHEAD,
        )
        try:
            check_proxy(self.url)
            socket = await opening
        except InvalidStatus as error:
            if error.response.status_code in _UNAUTHORIZED:
                raise RefusedError(f"{self.url} refuses the connection: {_text(error)}.") from error
            raise
        except UnicodeError as error:
            raise FeedError(f"{self.url}, of MASSIVE_SOCKET_URL, names no host: {_text(error)}.") from error
        async with socket:
            yield socket

    async def _authenticate(self, socket: ClientConnection) -> None:
        try:
            async with asyncio.timeout(AUTH_TIMEOUT):
                await self._await_status(socket, "connected")
                await socket.send(self.json.dumps({"action": "auth", "params": self.api_key}))
                await self._await_status(socket, "auth_success")
        except TimeoutError:
            raise _LostError(f"no answer to the key within {AUTH_TIMEOUT:.0f} s") from None

    async def _await_status(self, socket: ClientConnection, awaited: str) -> None:
        came = False
        while not came:
            for status in self._frames.read(await socket.recv(decode=False)).statuses:
                self._take_status(status)
                came |= status.get("status") == awaited

    def _take_status(self, status: dict[str, Any]) -> None:
        name, message = str(status.get("status")), str(status.get("message", "")).rstrip(".")
        match name:
            case "connected" | "auth_success":
                pass
            case "auth_failed":
                raise RefusedError(f"{self.url} refuses the key in MASSIVE_API_KEY: {message}.")
            case "success":
                self._granted += 1
                log.debug("%s", message)
            case _:
                # There is one for each channel; the library logs them together.
                self._log_server_statuses([{"ev": STATUS, "status": name, "message": message}])
                self._last_complaint = f"{name}: {message}"
                self._refused += name == "error"
                if self._refused >= len(self.scheduled_subs) and not self._granted:
                    names = ", ".join(sorted(self.scheduled_subs))
                    raise RefusedError(f"{self.url} refuses {brief(names)}: {message}.")

    async def _receive(self, socket: ClientConnection) -> bytes:
        pong: Awaitable[float] | None = None
        while True:
            left = self._silence.left()
            try:
                # With no time left, read once more: the process may have stood still.
                async with asyncio.timeout(min(self._quiet, max(0.0, left))):
                    return await socket.recv(decode=False)
            except TimeoutError:
                self._flush_server_errors()
                if left <= 0:
                    self._silence.lost()
                    raise _SilentError(f"no bar of the whole market for {self.missing:.0f} s") from None
                if left < self._quiet:
                    continue
                if isinstance(pong, asyncio.Future) and not pong.done():
                    raise _LostError(f"silent for {2 * self._quiet:.0f} s, a ping is not answered") from None
                pong = await socket.ping()


def _text(error: Exception) -> str:
    return str(error).rstrip(".") or type(error).__name__
