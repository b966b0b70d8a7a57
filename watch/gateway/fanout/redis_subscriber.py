"""The process's one subscription to Redis, over one connection after another."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError

from watch.gateway.fanout.channel_subscription import ChannelSubscription, NeededChannels
from watch.gateway.supervisor import Supervisor

log = logging.getLogger(__name__)

# Seconds until a connection that does not come about is given up.
_CONNECT_TIMEOUT = 5.0
# Seconds between two attempts to send the stored values.
_RETRY = 0.5
# Seconds for which it listens to all quotes after the last pattern has gone.
_LINGER = 3.0


class RedisSubscriber:
    """Listens to the channels that clients need, and reconnects without end.

    Args:
        redis: of the boards; the subscription has a connection of its own.
        on_publication: called with each publication's channel and payload.
        on_more: called after each publication with whether more has come, or a part of it.
        on_connected: awaited after each new connection, when all that is needed has been subscribed to.
        supervisor: runs it.
    """

    def __init__(
        self,
        redis: Redis,
        on_publication: Callable[[bytes, bytes], None],
        on_more: Callable[[bool], None],
        on_connected: Callable[[], Awaitable[None]],
        supervisor: Supervisor,
    ) -> None:
        self._redis = redis
        self._on_publication = on_publication
        self._on_more = on_more
        self._on_connected = on_connected
        self._supervisor = supervisor
        self._needed = NeededChannels()
        self._current: ChannelSubscription | None = None
        self._lingering: asyncio.Task[None] | None = None

    @property
    def up(self) -> bool:
        """Whether there is a connection."""
        return self._current is not None

    # --- what is needed

    def add(self, channel: str) -> None:
        """Listen to a board or a symbol's quotes, at the latest when the next :meth:`settle` returns."""
        self._needed.add(channel.encode())

    def remove(self, channel: str) -> None:
        """Stop listening to it."""
        self._needed.remove(channel.encode())

    def set_all_quotes(self, needed: bool) -> None:
        """Listen to the quotes of all symbols, or stop that.

        To change costs as much as there are single symbols. So it listens for :data:`_LINGER` seconds more, and a
        client that asks for a pattern again and again causes that cost once.
        """
        if needed:
            if self._lingering:
                self._lingering.cancel()
                self._lingering = None
            if not self._needed.all_quotes:
                self._needed.set_all_quotes(True)
        elif self._needed.all_quotes and not self._lingering:
            self._lingering = asyncio.create_task(self._leave_all_quotes())

    async def _leave_all_quotes(self) -> None:
        await asyncio.sleep(_LINGER)
        self._lingering = None
        self._needed.set_all_quotes(False)
        await self._supervisor.attempt("the subscription", self.settle)

    async def settle(self) -> None:
        """Tell Redis what has changed. Return when Redis has confirmed it, or is away."""
        if subscription := self._current:
            try:
                await subscription.update()
            except (RedisError, OSError):
                # The reader meets the same error, and connects again.
                return
            await subscription.confirmed()

    # --- connections

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
                if self._current:
                    self._current.close()
                    self._current = None
                await connection.disconnect(nowait=True)
            await asyncio.sleep(backoff.compute(failures))

    @staticmethod
    async def _connect(connection: AbstractConnection) -> None:
        # With a timeout of its own, redis-py calls wait_for, which before Python 3.12 can lose a cancellation.
        connection.socket_timeout = None
        connection.health_check_interval = 0
        async with asyncio.timeout(_CONNECT_TIMEOUT):
            await connection.connect()  # type: ignore[no-untyped-call]

    async def _listen(self, connection: AbstractConnection) -> None:
        self._current = subscription = ChannelSubscription(
            connection, self._needed, self._on_publication, self._on_more
        )
        await subscription.update()
        connected = asyncio.create_task(self._connected(subscription))
        try:
            await subscription.read()
        finally:
            connected.cancel()

    async def _connected(self, subscription: ChannelSubscription) -> None:
        await subscription.confirmed()
        await self._supervisor.until_done("the stored values", self._send_stored)

    async def _send_stored(self) -> None:
        while True:
            try:
                return await self._on_connected()
            except RedisError as error:
                log.warning("the stored values cannot be read, trying again: %s", error)
                await asyncio.sleep(_RETRY)
