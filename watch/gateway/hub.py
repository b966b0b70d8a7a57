"""Hands what Redis publishes to the clients that want it."""

import asyncio
import time
from collections import Counter
from collections.abc import Collection
from typing import cast

from redis.asyncio import Redis

from watch.gateway.client import Client
from watch.gateway.feeds import Feed, symbol_of
from watch.gateway.frame import Frame
from watch.gateway.totals import Totals
from watch.gateway.upstream import Upstream

#: Seconds that a client may take nothing of what waits for it.
PATIENCE = 10.0

_CHECK = 1.0
# Channels whose patterns are remembered; more than there are symbols.
_REMEMBERED = 50_000


class Hub:
    """All clients of the process, over its one subscription to Redis.

    A client gets each publication once, however many of its feeds name the channel.

    Args:
        redis: of the boards.
        patience: seconds that a client may take nothing of what waits for it.

    Attributes:
        clients: those that are connected.
        totals: what was done since the start.
        upstream: the subscription.
    """

    def __init__(self, redis: Redis, patience: float = PATIENCE) -> None:
        self._redis = redis
        self._patience = patience
        # How many of a client's feeds name the channel, patterns of quotes aside.
        self._by_channel: dict[str, Counter[Client]] = {}
        self._by_pattern: dict[str, tuple[Feed, set[Client]]] = {}
        self._matching: dict[str, list[set[Client]]] = {}
        self._published: set[str] = set()
        self.clients: set[Client] = set()
        self.totals = Totals()
        self.upstream = Upstream(redis, self._publication, self._reconnected)

    # --- subscriptions

    async def subscribe(self, client: Client, feed: Feed) -> None:
        """Forward a feed to a client, from the return of this call on at the latest."""
        if feed.name not in client.feeds:
            client.feeds[feed.name] = feed
            for channel in self._channels(feed):
                self._by_channel.setdefault(channel, Counter())[client] += 1
            if feed.is_quotes:
                if feed.name not in self._by_pattern:
                    self._by_pattern[feed.name] = feed, set()
                    self._matching.clear()
                self._by_pattern[feed.name][1].add(client)
        await self._want()

    async def unsubscribe(self, client: Client, name: str) -> None:
        """Forward the feed of that name no longer."""
        if feed := client.feeds.pop(name, None):
            self._remove(client, feed)
            await self._want()

    async def leave(self, client: Client) -> None:
        """Forget a client."""
        self.clients.discard(client)
        while client.feeds:
            self._remove(client, client.feeds.popitem()[1])
        await self._want()

    def _remove(self, client: Client, feed: Feed) -> None:
        for channel in self._channels(feed):
            wanting = self._by_channel[channel]
            wanting[client] -= 1
            if not wanting[client]:
                del wanting[client]
            if not wanting:
                del self._by_channel[channel]
        if feed.is_quotes:
            _, wanting_pattern = self._by_pattern[feed.name]
            wanting_pattern.discard(client)
            if not wanting_pattern:
                del self._by_pattern[feed.name]
                self._matching.clear()

    @staticmethod
    def _channels(feed: Feed) -> Collection[str]:
        return feed.boards or ([feed.name] if feed.symbol else [])

    async def _want(self) -> None:
        await self.upstream.want(self._by_channel, all_quotes=bool(self._by_pattern))

    # --- publications

    def _publication(self, channel: bytes, payload: bytes) -> None:
        name = channel.decode(errors="replace")
        self._published.add(name)
        self._forward(name, payload)

    def _forward(self, channel: str, payload: bytes) -> None:
        exact = self._by_channel.get(channel)
        patterns = self._patterns_of(channel) if self._by_pattern else ()
        if not patterns:
            audience: Collection[Client] = exact or ()
        elif len(patterns) == 1 and not exact:
            audience = patterns[0]
        else:
            audience = set(exact or ()).union(*patterns)
        if audience:
            frame = Frame(payload)
            for client in audience:
                client.forward(channel, frame)

    def _patterns_of(self, channel: str) -> list[set[Client]]:
        matching = self._matching.get(channel)
        if matching is None:
            if len(self._matching) >= _REMEMBERED:
                self._matching.clear()
            # What is no symbol's channel is nobody's business here, whatever matches it.
            feeds = self._by_pattern.values() if symbol_of(channel) else ()
            matching = [clients for feed, clients in feeds if feed.matches(channel)]
            self._matching[channel] = matching
        return matching

    async def _reconnected(self) -> None:
        """Send what stands now: publications may have been missed."""
        channels = list(self._by_channel)
        self._published.clear()
        if not channels:
            return
        stored = cast(list[bytes | None], await self._redis.mget(channels))
        for channel, held in zip(channels, stored, strict=True):
            # One that has been published meanwhile may be newer than what was read.
            if held is not None and channel not in self._published:
                self._forward(channel, held)

    # --- in the background

    async def run(self) -> None:
        """Listen, and end what is stuck, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.upstream.run())
            tasks.create_task(self._drop_the_stuck())

    async def _drop_the_stuck(self) -> None:
        while True:
            await asyncio.sleep(_CHECK)
            now = time.monotonic()
            for client in [each for each in self.clients if each.is_stuck(now, self._patience)]:
                client.drop()
                await self.leave(client)
