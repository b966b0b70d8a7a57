"""The process's one subscription to Redis."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Collection

from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import AuthenticationError, ConnectionError, NoPermissionError, RedisError

from leaderboard import keys
from watch.gateway.supervisor import Supervisor

log = logging.getLogger(__name__)

_QUOTE = keys.quote("").encode()
_ALL_QUOTES = keys.quote("*").encode()
# Seconds of silence after which Redis is asked whether it is there, and then until it counts as gone.
_QUIET = 5.0
_PATIENCE = 5.0
# Seconds between two attempts to read what stands.
_RETRY = 0.5
# Messages after which others have their turn, however many more are there.
_TURN = 200
# Channels that Redis is told of at a time.
_AT_ONCE = 500
# Seconds for which it listens to all quotes after the last pattern has gone.
_LINGER = 3.0

_CONFIRMATIONS = (b"subscribe", b"unsubscribe", b"psubscribe", b"punsubscribe")


class RedisSubscriber:
    """Listens to the channels that somebody wants, and reconnects without end.

    While only single symbols' quotes are wanted, Redis is asked for those; as soon as a pattern is, for all quotes
    with one pattern, so that Redis sends each publication once whatever the patterns are.

    Args:
        redis: of the boards; the subscription has a connection of its own.
        publication: called with each publication's channel and payload.
        connected: awaited each time when all that is wanted has been subscribed to anew.
        supervisor: keeps it listening.

    Attributes:
        up: whether the connection stands.
    """

    def __init__(
        self,
        redis: Redis,
        publication: Callable[[bytes, bytes], None],
        connected: Callable[[], Awaitable[None]],
        supervisor: Supervisor,
    ) -> None:
        self._supervisor = supervisor
        self._redis = redis
        self._publication = publication
        self._connected = connected
        self._channels: set[bytes] = set()
        # Those of which Redis may not have been told yet, so that a change costs what it is and not what there is.
        self._changed: set[bytes] = set()
        self._wants_all_quotes = False
        self._lingering: asyncio.Task[None] | None = None
        self._connection: AbstractConnection | None = None
        self._asked: set[bytes] = set()
        self._asked_all_quotes = False
        # Which of the two ways quotes come by at this point of the connection's stream.
        self._all_quotes = False
        self._sent = self._confirmed = 0
        self._waiters: deque[tuple[int, asyncio.Future[None]]] = deque()
        self._writing = asyncio.Lock()
        self.up = False

    # --- what is wanted

    def add(self, channel: str) -> None:
        """Listen to a board or a single symbol's quotes, from the next :meth:`settle` on at the latest."""
        self._want(channel.encode(), wanted=True)

    def remove(self, channel: str) -> None:
        """Listen to it no longer."""
        self._want(channel.encode(), wanted=False)

    def _want(self, channel: bytes, *, wanted: bool) -> None:
        (self._channels.add if wanted else self._channels.discard)(channel)
        self._changed.add(channel)

    def want_all_quotes(self, wanted: bool) -> None:
        """Listen to the quotes of all symbols, or no longer.

        Single symbols' quotes change over with it, which takes its time where they are many: it listens to all for
        :data:`_LINGER` seconds more, so that who asks for a pattern again and again costs that once.
        """
        if wanted:
            if self._lingering:
                self._lingering.cancel()
                self._lingering = None
            if not self._wants_all_quotes:
                self._change_over(wanted=True)
        elif self._wants_all_quotes and not self._lingering:
            self._lingering = asyncio.create_task(self._leave_all_quotes())

    async def _leave_all_quotes(self) -> None:
        await asyncio.sleep(_LINGER)
        self._lingering = None
        self._change_over(wanted=False)
        await self._supervisor.attempt("the subscription", self.settle)

    def _change_over(self, *, wanted: bool) -> None:
        self._wants_all_quotes = wanted
        self._changed.update(channel for channel in self._channels if channel.startswith(_QUOTE))

    async def settle(self) -> None:
        """Tell Redis what has changed; return once it has said that it is so, or is away."""
        if self._connection and self.up:
            try:
                await self._ask(self._connection)
            except (RedisError, OSError):
                # The reader meets it as well, and connects again.
                return
            await self._settled()

    async def _ask(self, connection: AbstractConnection) -> None:
        async with self._writing:
            # What is wanted may change again while this is being sent. First what is to be added: between the two
            # some messages come twice, and the one is passed over.
            while connection is self._connection:
                if self._wants_all_quotes and not self._asked_all_quotes:
                    self._asked_all_quotes = True
                    await self._send(connection, b"PSUBSCRIBE", [_ALL_QUOTES])
                elif self._changed:
                    await self._ask_for_some(connection)
                elif self._asked_all_quotes and not self._wants_all_quotes:
                    self._asked_all_quotes = False
                    await self._send(connection, b"PUNSUBSCRIBE", [_ALL_QUOTES])
                else:
                    break

    async def _ask_for_some(self, connection: AbstractConnection) -> None:
        changed = [self._changed.pop() for _ in range(min(_AT_ONCE, len(self._changed)))]
        wanted = {each for each in changed if each in self._channels and not self._is_covered(each)}
        added, left = wanted - self._asked, self._asked.intersection(changed) - wanted
        self._asked |= added
        self._asked -= left
        await self._send(connection, b"SUBSCRIBE", added)
        await self._send(connection, b"UNSUBSCRIBE", left)
        if self._changed:
            # Others have their turn between two parts of many.
            await asyncio.sleep(0)

    def _is_covered(self, channel: bytes) -> bool:
        return self._wants_all_quotes and channel.startswith(_QUOTE)

    async def _send(self, connection: AbstractConnection, command: bytes, names: Collection[bytes]) -> None:
        if names:
            # It would connect again by itself, where nobody reads what comes.
            if connection is not self._connection or not connection.is_connected:
                raise ConnectionError("the connection is lost")
            self._sent += len(names)
            await self._command(connection, command, *names)

    @staticmethod
    async def _command(connection: AbstractConnection, *words: bytes) -> None:
        async with asyncio.timeout(_PATIENCE):
            # Whose answer is the reader's: a health check would take it for its own.
            await connection.send_command(*words, check_health=False)

    async def _settled(self) -> None:
        if self._confirmed < self._sent:
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.append((self._sent, waiter))
            await waiter

    # --- the connection

    async def run(self) -> None:
        """Keep listening until cancelled."""
        await self._supervisor.keep("the subscription", self._run)

    async def _run(self) -> None:
        backoff = ExponentialWithJitterBackoff(base=0.1, cap=3.0)
        failures = 0
        while True:
            connection: AbstractConnection = self._redis.connection_pool.make_connection()  # type: ignore[no-untyped-call]
            try:
                await self._connect(connection)
                if failures:
                    log.warning("Redis is back after %d attempts", failures)
                failures = 0
                await self._listen(connection)
            except (AuthenticationError, NoPermissionError) as error:
                failures += 1
                log.error("Redis refuses the user or the password of REDIS_URL, trying again: %s", error)
            except (RedisError, OSError, TimeoutError) as error:
                failures += 1
                log.warning("the subscription to Redis is lost, trying again: %s", error)
            finally:
                self._forget()
                await connection.disconnect(nowait=True)
            await asyncio.sleep(backoff.compute(failures))

    @staticmethod
    async def _connect(connection: AbstractConnection) -> None:
        # With a timeout of its own it calls wait_for, which before Python 3.12 can lose a cancellation.
        connection.socket_timeout = None
        connection.health_check_interval = 0
        async with asyncio.timeout(_PATIENCE):
            await connection.connect()  # type: ignore[no-untyped-call]

    def _forget(self) -> None:
        self.up = False
        self._connection = None
        self._asked, self._asked_all_quotes, self._all_quotes = set(), False, False
        self._changed = set(self._channels)
        self._sent = self._confirmed = 0
        while self._waiters:
            self._release()

    async def _listen(self, connection: AbstractConnection) -> None:
        self._connection, self.up = connection, True
        await self._ask(connection)
        welcome = asyncio.create_task(self._welcome())
        try:
            await self._read(connection)
        finally:
            welcome.cancel()

    async def _welcome(self) -> None:
        await self._settled()
        await self._supervisor.until_done("what stands", self._tell_what_stands)

    async def _tell_what_stands(self) -> None:
        while True:
            try:
                return await self._connected()
            except RedisError as error:
                log.warning("what stands cannot be read, trying again: %s", error)
                await asyncio.sleep(_RETRY)

    async def _read(self, connection: AbstractConnection) -> None:
        since = 0
        while True:
            message = await connection.read_response(disable_decoding=True, timeout=_QUIET)
            if message is None:
                async with self._writing:
                    await self._command(connection, b"PING")
                message = await connection.read_response(disable_decoding=True, timeout=_PATIENCE)
            if message is None:
                raise ConnectionError(f"no answer within {_PATIENCE:.0f} s")
            self._take(message)
            since += 1
            if since == _TURN:
                since = 0
                await asyncio.sleep(0)

    def _take(self, message: bytes | list[bytes]) -> None:
        if isinstance(message, bytes):
            # Its answer to a ping while nothing is subscribed to.
            return
        kind, *rest = message
        if kind == b"message":
            channel, payload = rest
            if not (self._all_quotes and channel.startswith(_QUOTE)):
                self._publication(channel, payload)
        elif kind == b"pmessage":
            _, channel, payload = rest
            if self._all_quotes:
                self._publication(channel, payload)
        elif kind in _CONFIRMATIONS:
            if rest[0] == _ALL_QUOTES:
                self._all_quotes = kind == b"psubscribe"
            self._confirmed += 1
            while self._waiters and self._waiters[0][0] <= self._confirmed:
                self._release()

    def _release(self) -> None:
        _, waiter = self._waiters.popleft()
        if not waiter.done():
            waiter.set_result(None)
