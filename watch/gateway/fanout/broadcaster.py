"""Forwards what Redis publishes to the clients that are subscribed to it."""

import asyncio
import time
from typing import cast

from redis.asyncio import Redis

from leaderboard.connections.redis_values import InvalidValueError
from watch.gateway.counters import Counters
from watch.gateway.fanout.client import Client
from watch.gateway.fanout.feed import Feed
from watch.gateway.fanout.redis_subscriber import RedisSubscriber
from watch.gateway.fanout.subscriptions import Subscriptions
from watch.gateway.fanout.text_frame import TextFrame, is_utf8
from watch.gateway.limits import STALL_DEADLINE
from watch.gateway.supervisor import Supervisor

# Seconds between two checks for stalled clients.
_CHECK = 1.0
# Keys that are read with one command.
_BATCH = 500


class Broadcaster:
    """All clients of the process, over its one subscription to Redis.

    A client gets each publication once, even if several of its feeds name the channel.

    Args:
        redis: of the boards.
        supervisor: runs the background work.

    Attributes:
        clients: those that are connected.
        counters: of this gateway.
        subscriber: the subscription.
    """

    def __init__(self, redis: Redis, supervisor: Supervisor) -> None:
        self._redis = redis
        self._supervisor = supervisor
        self._subscriptions: Subscriptions[Client] = Subscriptions()
        # Channels that were published on while the stored values are read; None: they are not being read.
        self._published: set[str] | None = None
        self.clients: set[Client] = set()
        self.counters = Counters()
        self.subscriber = RedisSubscriber(redis, self._on_publication, self._send_stored, supervisor)

    # --- subscriptions

    def subscribe(self, client: Client, feed: Feed) -> None:
        """Forward a feed to a client, at the latest when the next :meth:`settle` returns.

        Raises:
            FeedError: the client, or all together, would have too many feeds.
        """
        self._subscriptions.add(client, feed)
        self._update_subscriber()

    def unsubscribe(self, client: Client, name: str) -> None:
        """Stop forwarding the feed of that name."""
        self._subscriptions.remove(client, name)
        self._update_subscriber()

    async def settle(self) -> None:
        """Return when Redis has confirmed all subscriptions, or is away."""
        await self.subscriber.settle()

    async def remove(self, client: Client) -> None:
        """Forget a client."""
        self.clients.discard(client)
        self._subscriptions.remove_all(client)
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
        self.subscriber.set_all_quotes(subscriptions.has_patterns)

    # --- publications

    def _on_publication(self, channel: bytes, payload: bytes) -> None:
        name = channel.decode(errors="replace")
        if self._published is not None:
            self._published.add(name)
        self._forward(name, payload)

    def _forward(self, channel: str, payload: bytes) -> None:
        audience = self._subscriptions.audience(channel)
        if not audience:
            return
        if not is_utf8(payload):
            self._supervisor.report("publications", InvalidValueError(channel, "text"))
            return
        frame = TextFrame(payload)
        for client in audience:
            client.forward(channel, frame)

    async def _send_stored(self) -> None:
        """Send the stored values, as publications may have been missed."""
        self._published = set()
        try:
            every = self._subscriptions.channels()
            for start in range(0, len(every), _BATCH):
                channels = every[start : start + _BATCH]
                values = cast(list[bytes | None], await self._redis.mget(channels))
                for channel, value in zip(channels, values, strict=True):
                    # A publication that came meanwhile may be newer than what was read.
                    if value is not None and channel not in self._published:
                        self._forward(channel, value)
        finally:
            self._published = None

    # --- in the background

    async def run(self) -> None:
        """Listen, and drop stalled clients, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.subscriber.run())
            tasks.create_task(self._supervisor.every(_CHECK, "the check of clients", self._drop_stalled))

    async def _drop_stalled(self) -> None:
        now = time.monotonic()
        for client in [each for each in self.clients if each.is_stalled(now, STALL_DEADLINE)]:
            client.drop()
            await self.remove(client)
