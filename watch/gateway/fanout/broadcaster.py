"""Hands what Redis publishes to the clients that want it."""

import asyncio
import time
from typing import cast

from redis.asyncio import Redis

from watch.gateway.counters import Counters
from watch.gateway.fanout.client import Client
from watch.gateway.fanout.feed import Feed
from watch.gateway.fanout.subscriber import RedisSubscriber
from watch.gateway.fanout.subscriptions import Subscriptions
from watch.gateway.fanout.text_frame import TextFrame
from watch.gateway.redis_values import InvalidValueError
from watch.gateway.supervisor import Supervisor

#: Seconds that a client may take nothing of what waits for it.
PATIENCE = 10.0

_CHECK = 1.0
# Channels whose keys are read at a time.
_TOGETHER = 500


class Broadcaster:
    """All clients of the process, over its one subscription to Redis.

    A client gets each publication once, however many of its feeds name the channel.

    Args:
        redis: of the boards.
        supervisor: keeps it going.
        patience: seconds that a client may take nothing of what waits for it.

    Attributes:
        clients: those that are connected.
        counters: what was done since the start.
        subscriber: the subscription.
    """

    def __init__(self, redis: Redis, supervisor: Supervisor, patience: float = PATIENCE) -> None:
        self._redis = redis
        self._supervisor = supervisor
        self._patience = patience
        self._subscriptions: Subscriptions[Client] = Subscriptions()
        # Channels on which something was published while what stands is read; None: nobody reads it.
        self._published: set[str] | None = None
        self.clients: set[Client] = set()
        self.counters = Counters()
        self.subscriber = RedisSubscriber(redis, self._publication, self._reconnected, supervisor)

    # --- subscriptions

    def subscribe(self, client: Client, feed: Feed) -> None:
        """Forward a feed to a client, from the return of the next :meth:`settle` on at the latest.

        Raises:
            FeedError: it would be too many, for the client or in all.
        """
        self._subscriptions.add(client, feed)
        self._update_subscriber()

    def unsubscribe(self, client: Client, name: str) -> None:
        """Forward the feed of that name no longer."""
        self._subscriptions.remove(client, name)
        self._update_subscriber()

    async def settle(self) -> None:
        """Return once Redis sends what clients are subscribed to, or is away."""
        await self.subscriber.settle()

    async def leave(self, client: Client) -> None:
        """Forget a client."""
        self.clients.discard(client)
        for name in list(client.feeds):
            self._subscriptions.remove(client, name)
        self._update_subscriber()
        await self.settle()

    def _update_subscriber(self) -> None:
        subscriptions = self._subscriptions
        for channel in subscriptions.removed:
            self.subscriber.remove(channel)
        subscriptions.removed.clear()
        for channel in subscriptions.added:
            self.subscriber.add(channel)
        subscriptions.added.clear()
        self.subscriber.want_all_quotes(subscriptions.has_patterns)

    # --- publications

    def _publication(self, channel: bytes, payload: bytes) -> None:
        name = channel.decode(errors="replace")
        if self._published is not None:
            self._published.add(name)
        self._forward(name, payload)

    def _forward(self, channel: str, payload: bytes) -> None:
        audience = self._subscriptions.audience(channel)
        if not audience:
            return
        if not _is_text(payload):
            # A client would have to end the connection: RFC 6455, section 8.1.
            self._supervisor.report("publications", InvalidValueError(channel, "text"))
            return
        frame = TextFrame(payload)
        for client in audience:
            client.forward(channel, frame)

    async def _reconnected(self) -> None:
        """Send what stands now: publications may have been missed."""
        self._published = set()
        try:
            every = self._subscriptions.channels()
            for start in range(0, len(every), _TOGETHER):
                channels = every[start : start + _TOGETHER]
                stored = cast(list[bytes | None], await self._redis.mget(channels))
                for channel, held in zip(channels, stored, strict=True):
                    # One that has been published meanwhile may be newer than what was read.
                    if held is not None and channel not in self._published:
                        self._forward(channel, held)
        finally:
            self._published = None

    # --- in the background

    async def run(self) -> None:
        """Listen, and end what is stuck, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.subscriber.run())
            tasks.create_task(self._supervisor.every(_CHECK, "the look at slow clients", self._drop_stalled))

    async def _drop_stalled(self) -> None:
        now = time.monotonic()
        for client in [each for each in self.clients if each.is_stalled(now, self._patience)]:
            client.drop()
            await self.leave(client)


def _is_text(payload: bytes) -> bool:
    if payload.isascii():
        return True
    try:
        payload.decode()
    except UnicodeDecodeError:
        return False
    return True
