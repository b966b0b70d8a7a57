"""The process's subscriptions to the servers of the boards, as one."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from redis.asyncio import Redis

from leaderboard import keys
from leaderboard.shards import Shards
from watch.gateway.fanout.redis_subscriber import RedisSubscriber
from watch.gateway.supervisor import Supervisor

_QUOTE_PREFIX = keys.quote("")


class RedisSubscribers:
    """Listens to each channel at the server that publishes on it: a quote's at its symbol's, others at the first.

    Args:
        shards: the servers of the boards.
        on_publication: called with each publication's channel and payload.
        on_more: called after each publication with whether more has come of its server, or a part of it.
        on_connected: awaited with a server's index after each new connection to it, when all that is needed of it
            has been subscribed to.
        supervisor: runs them.
    """

    def __init__(
        self,
        shards: Shards[Redis],
        on_publication: Callable[[bytes, bytes], None],
        on_more: Callable[[bool], None],
        on_connected: Callable[[int], Awaitable[None]],
        supervisor: Supervisor,
    ) -> None:
        self._each = Shards(
            [
                RedisSubscriber(redis, on_publication, on_more, partial(on_connected, server), supervisor)
                for server, redis in enumerate(shards)
            ]
        )

    @property
    def up(self) -> bool:
        """Whether there is a connection to each server."""
        return all(subscriber.up for subscriber in self._each)

    def server_of(self, channel: str) -> int:
        """The index of the server that publishes on a channel, and holds the key of its name."""
        return self._each.index(channel.removeprefix(_QUOTE_PREFIX)) if channel.startswith(_QUOTE_PREFIX) else 0

    def add(self, channel: str) -> None:
        """Listen to a board or a symbol's quotes, at the latest when the next :meth:`settle` returns."""
        self._each[self.server_of(channel)].add(channel)

    def remove(self, channel: str) -> None:
        """Stop listening to it."""
        self._each[self.server_of(channel)].remove(channel)

    def set_all_quotes(self, needed: bool) -> None:
        """Listen to the quotes of all symbols, or stop that: see :meth:`RedisSubscriber.set_all_quotes`."""
        for subscriber in self._each:
            subscriber.set_all_quotes(needed)

    async def settle(self) -> None:
        """Tell the servers what has changed. Return when they have confirmed it, or are away."""
        await asyncio.gather(*(subscriber.settle() for subscriber in self._each))

    async def run(self) -> None:
        """Keep listening until cancelled."""
        await asyncio.gather(*(subscriber.run() for subscriber in self._each))
