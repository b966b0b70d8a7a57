"""One connection's subscriptions: which channels Redis has been asked for, and what it sends."""

import asyncio
from collections import deque
from collections.abc import Callable, Collection

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError

from leaderboard import keys

_QUOTE_PREFIX = keys.quote("").encode()
_ALL_QUOTES = keys.quote("*").encode()
# Seconds of silence after which Redis is pinged, and then until it counts as away.
_QUIET = 5.0
_TIMEOUT = 5.0
# Messages after which the event loop does everything else, however many more have come.
_MESSAGES_PER_TURN = 200
# Channels in one command.
_BATCH = 500

_CONFIRMATIONS = (b"subscribe", b"unsubscribe", b"psubscribe", b"punsubscribe")


class NeededChannels:
    """The channels that clients need, whatever the connection.

    Attributes:
        channels: boards, and single symbols' quotes.
        all_quotes: whether the quotes of all symbols are needed.
        changed: those that may have to be added or removed; the others cost nothing.
    """

    def __init__(self) -> None:
        self.channels: set[bytes] = set()
        self.all_quotes = False
        self.changed: set[bytes] = set()

    def add(self, channel: bytes) -> None:
        self.channels.add(channel)
        self.changed.add(channel)

    def remove(self, channel: bytes) -> None:
        self.channels.discard(channel)
        self.changed.add(channel)

    def set_all_quotes(self, needed: bool) -> None:
        """Single symbols' quotes come with all the others then, or on channels of their own again."""
        self.all_quotes = needed
        self.changed.update(filter(_is_quote, self.channels))

    def take_changed(self) -> tuple[list[bytes], set[bytes]]:
        """Some of the changed channels, and those among them that need a subscription of their own."""
        changed = [self.changed.pop() for _ in range(min(_BATCH, len(self.changed)))]
        needed = self.channels.intersection(changed)
        return changed, {each for each in needed if not (self.all_quotes and _is_quote(each))}


class ChannelSubscription:
    """Subscribes one connection to the channels that are needed.

    As long as only single symbols' quotes are needed, Redis is asked for those channels. As soon as a pattern is,
    Redis is asked for all quotes with a single pattern. So each publication comes once, whatever the patterns.

    Args:
        connection: to Redis, used by nobody else.
        needed: the channels; all of them count as changed, for a new connection.
        on_publication: called with each publication's channel and payload.
        on_more: called after each message with whether more has come, or a part of it.
    """

    def __init__(
        self,
        connection: AbstractConnection,
        needed: NeededChannels,
        on_publication: Callable[[bytes, bytes], None],
        on_more: Callable[[bool], None],
    ) -> None:
        self._connection = connection
        self._needed = needed
        self._on_publication = on_publication
        self._on_more = on_more
        needed.changed = set(needed.channels)
        self._asked: set[bytes] = set()
        self._asked_all_quotes = False
        # Whether all quotes come by the pattern at this point of the connection's stream, as Redis has confirmed.
        self._by_pattern = False
        self._sent = self._confirmed = 0
        self._waiters: deque[tuple[int, asyncio.Future[None]]] = deque()
        self._writing = asyncio.Lock()
        self._closed = False

    def close(self) -> None:
        """Send nothing more, and let nobody wait."""
        self._closed = True
        while self._waiters:
            self._release()

    # --- what Redis is asked for

    async def update(self) -> None:
        """Tell Redis what has changed.

        Raises:
            RedisError, OSError: the connection is lost.
        """
        async with self._writing:
            # What is needed may change again meanwhile. Additions go first: for a moment some messages come twice,
            # and the second is ignored.
            while not self._closed:
                if self._needed.all_quotes and not self._asked_all_quotes:
                    self._asked_all_quotes = True
                    await self._send(b"PSUBSCRIBE", [_ALL_QUOTES])
                elif self._needed.changed:
                    await self._update_batch()
                elif self._asked_all_quotes and not self._needed.all_quotes:
                    self._asked_all_quotes = False
                    await self._send(b"PUNSUBSCRIBE", [_ALL_QUOTES])
                else:
                    break

    async def _update_batch(self) -> None:
        changed, needed = self._needed.take_changed()
        added, removed = needed - self._asked, self._asked.intersection(changed) - needed
        self._asked |= added
        self._asked -= removed
        await self._send(b"SUBSCRIBE", added)
        await self._send(b"UNSUBSCRIBE", removed)
        if self._needed.changed:
            # The event loop does everything else between two batches.
            await asyncio.sleep(0)

    async def _send(self, command: bytes, names: Collection[bytes]) -> None:
        if names:
            # Redis-py would connect again by itself, and nobody would read that connection.
            if self._closed or not self._connection.is_connected:
                raise ConnectionError("the connection is lost")
            self._sent += len(names)
            await self._command(command, *names)

    async def _command(self, *words: bytes) -> None:
        async with asyncio.timeout(_TIMEOUT):
            # The reader gets the answer. A health check would take it for its own.
            await self._connection.send_command(*words, check_health=False)

    async def confirmed(self) -> None:
        """Return when Redis has confirmed all commands until now, or when the connection is closed."""
        if self._confirmed < self._sent and not self._closed:
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.append((self._sent, waiter))
            await waiter

    def _release(self) -> None:
        _, waiter = self._waiters.popleft()
        if not waiter.done():
            waiter.set_result(None)

    # --- what Redis sends

    async def read(self) -> None:
        """Read publications and confirmations until cancelled.

        Raises:
            RedisError, OSError, TimeoutError: the connection is lost.
        """
        count = 0
        while True:
            message = await self._connection.read_response(disable_decoding=True, timeout=_QUIET)
            if message is None:
                async with self._writing:
                    await self._command(b"PING")
                message = await self._connection.read_response(disable_decoding=True, timeout=_TIMEOUT)
            if message is None:
                raise ConnectionError(f"no answer within {_TIMEOUT:.0f} s")
            self._on_message(message)
            self._on_more(await self._connection.can_read())
            count += 1
            if count % _MESSAGES_PER_TURN == 0:
                await asyncio.sleep(0)

    def _on_message(self, message: bytes | list[bytes]) -> None:
        if isinstance(message, bytes):
            # The answer to a ping, without any subscription.
            return
        kind, *rest = message
        if kind == b"message":
            channel, payload = rest
            if not (self._by_pattern and _is_quote(channel)):
                self._on_publication(channel, payload)
        elif kind == b"pmessage":
            _, channel, payload = rest
            if self._by_pattern:
                self._on_publication(channel, payload)
        elif kind in _CONFIRMATIONS:
            if rest[0] == _ALL_QUOTES:
                self._by_pattern = kind == b"psubscribe"
            self._confirmed += 1
            while self._waiters and self._waiters[0][0] <= self._confirmed:
                self._release()


def _is_quote(channel: bytes) -> bool:
    return channel.startswith(_QUOTE_PREFIX)
