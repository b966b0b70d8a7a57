"""The connection to the market data service, made again whenever it is lost."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from importlib.util import find_spec
from typing import Any

from massive.websocket import WebSocketClient
from pydantic import SecretStr
from redis.backoff import AbstractBackoff, EqualJitterBackoff
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidProxy, InvalidStatus, WebSocketException
from websockets.proxy import get_proxy, parse_proxy
from websockets.uri import parse_uri

from feeds.errors import FeedError
from feeds.massive.frames import STATUS, Frame, Frames
from feeds.massive.silence import Silence
from leaderboard.brief import brief

#: Seconds without a frame after which the service is asked whether it is there; it has as long to answer.
QUIET = 10.0
#: Seconds that the service may take to greet, and to answer to the key.
PATIENCE = 10.0
#: Seconds that a connection has to last for its loss to count as the first one.
STEADY = 30.0
#: Seconds between two attempts, at most.
LONGEST_PAUSE = 30.0
#: Bytes of a frame. The whole market's bars of a second are 3 MB, against the 1 MB that are usual.
LARGEST_FRAME = 64 * 2**20
#: Frames that have been read and wait for their turn; many hold but one bar.
FRAMES_AHEAD = 256

#: What the service says before it drives out a connection, for there is a newer one.
MAX_CONNECTIONS = "max_connections"
# Failures after which the pause is the longest.
_MANY = 20
_UNAUTHORIZED = (401, 403)

log = logging.getLogger(__name__)
# The library gives its logger a handler that writes to standard output, in the midst of what the feed shows there.
logging.getLogger("WebSocketClient").handlers.clear()


class RefusedError(FeedError):
    """The service wants nothing to do with this key or these channels, and will not by being asked again."""


class _LostError(Exception):
    """The connection is of no use any more."""


class _SilentError(_LostError):
    """The connection is open, and brings no bars of a market that trades."""


class _ConnectHere(connect):
    """Follows no redirects: the key is for one host."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


class Socket(WebSocketClient):
    """The client library's, with a loop of its own.

    The library's ``connect`` ends when the service closes in order, as it does at a restart; tries again without a
    pause where connections are accepted and dropped, and without a word where none is; takes each frame by a task
    of its own, and has a pong that waits behind unread frames for a lost connection. Of the library are the
    address, the certificates, the subscribing, and the log of what the service complains about.

    Args:
        url: ``wss://HOST``, without the path of the market.
        key: is sent to the service, and nowhere else.
        names: channels to subscribe to.
        frames: reads the frames.
        quiet: see :data:`QUIET`.
        pauses: seconds between two attempts, by how many have failed.
        silence: says when bars are missing.

    Attributes:
        connected: whether bars can come. After a connection that was lost by its silence, only once they do.
        trouble: why they cannot; None before anything has gone wrong.
        losses: connections that were lost, or not made.
        heard: when the last frame came, on the monotonic clock.
    """

    def __init__(
        self,
        url: str,
        key: SecretStr,
        names: Sequence[str],
        frames: Frames,
        quiet: float = QUIET,
        pauses: AbstractBackoff | None = None,
        silence: Silence | None = None,
    ) -> None:
        scheme, _, host = url.partition("://")
        super().__init__(
            key.get_secret_value(), host.rstrip("/"), raw=True, subscriptions=list(names), secure=scheme == "wss"
        )
        self._frames = frames
        self._quiet = quiet
        self._pauses = pauses or EqualJitterBackoff(cap=LONGEST_PAUSE, base=0.5)
        self._silence = silence or Silence(names)
        self._granted = self._refused = 0
        self._last_complaint = ""
        self._lost: float | None = None
        self._doubted = False
        self.connected = False
        self.trouble: str | None = None
        self.losses = 0
        self.heard = time.monotonic()

    @property
    def missing(self) -> float:
        """Seconds for which bars have been missing by now, though the market trades."""
        return self._silence.missing()

    async def listen(self, take: Callable[[Frame], Awaitable[None]]) -> None:
        """Connect, and again whenever the connection is lost, and hand over each frame that holds bars.

        Cancelled, it hands over the frames that have been read already, and ends.

        Args:
            take: the connection is not read until it returns.

        Raises:
            RefusedError: the key is refused, or every channel.
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
                # What a silent one did not bring is missed as well.
                self._lost = ended - self.missing if silent else ended
            self._doubted |= silent
            failures = 1 if (was_connected or silent) and ended - began >= STEADY else failures + 1
            # Another connection with this key is likely to stay, and the one would drive out the other in turns.
            pause = self._pauses.compute(_MANY if self._last_complaint.startswith(MAX_CONNECTIONS) else failures)
            log.warning("not connected to %s (%s), tried again in %.1f s", self.url, self.trouble, pause)
            # Last, so that whoever sees it can read above why.
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
            if self._lost is None:
                log.info("connected to %s", self.url)
            else:
                gap = time.monotonic() - self._lost
                log.warning("connected to %s again: the bars of %.1f s are missed", self.url, gap)
            await self._subscribe(self.scheduled_subs)
            self._silence.connected()
            try:
                while True:
                    await self._take_frame(await self._receive(socket), take)
            except asyncio.CancelledError:
                await self._take_what_was_read(socket, take)
                raise

    async def _take_frame(self, text: bytes, take: Callable[[Frame], Awaitable[None]]) -> None:
        frame = self._frames.read(text)
        self.heard = time.monotonic()
        if frame.bars:
            # It has not kept bars from coming; what does later is another matter.
            self._last_complaint = ""
            self._doubted = False
            self.connected, self.trouble = True, None
            self._silence.heard()
            # Before its statuses are looked at, which can end the feed.
            await take(frame)
        for status in frame.statuses:
            self._take_status(status)
        self._flush_server_errors()

    async def _take_what_was_read(
        self, socket: ClientConnection, take: Callable[[Frame], Awaitable[None]]
    ) -> None:
        """Hand over the frames that have come and wait their turn: :data:`FRAMES_AHEAD` and a few, at most."""
        with suppress(TimeoutError, WebSocketException):
            while True:
                # Of those that are there already none has to be waited for.
                async with asyncio.timeout(0):
                    frame = self._frames.read(await socket.recv(decode=False))
                if frame.bars:
                    await take(frame)

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[ClientConnection]:
        opening = _ConnectHere(
            self.url,
            ssl=self._ssl_context(),
            close_timeout=1,
            # A pong is read in its turn, behind frames that wait for a slow broker: see _receive.
            ping_interval=None,
            max_size=LARGEST_FRAME,
            max_queue=FRAMES_AHEAD,
        )
        try:
            _check_proxy(self.url)
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
            async with asyncio.timeout(PATIENCE):
                await self._await_status(socket, "connected")
                await socket.send(self.json.dumps({"action": "auth", "params": self.api_key}))
                await self._await_status(socket, "auth_success")
        except TimeoutError:
            raise _LostError(f"no answer to the key within {PATIENCE:.0f} s") from None

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
                # Logged with all of its like, for there is one for each channel.
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
                # With none left, once more for what has come while this process stood still.
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


def _check_proxy(url: str) -> None:
    """Whether the proxy that the environment names can be gone by.

    Raises:
        FeedError: it cannot. The text shows neither user nor password.
    """
    named = get_proxy(parse_uri(url))
    if named is None:
        return
    try:
        proxy = parse_proxy(named)
    except (InvalidProxy, ValueError):
        raise FeedError(f"What the environment names as the proxy for {url} is no URL of one.") from None
    if proxy.scheme.startswith("socks") and find_spec("python_socks") is None:
        raise FeedError(
            f"The environment names a SOCKS proxy for {url}, {proxy.scheme}://{proxy.host}:{proxy.port}, which "
            "takes the package python-socks: pip install 'python-socks[asyncio]', or name the host in NO_PROXY."
        )


def _text(error: Exception) -> str:
    return str(error).rstrip(".") or type(error).__name__
