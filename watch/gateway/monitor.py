"""Looks at the cluster again and again: what it has done, and whether its parts are at work."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from leaderboard import keys
from leaderboard.totals import Totals
from watch.gateway.queue_depth import BrokerError, Depth, depth
from watch.gateway.workers import Workers

log = logging.getLogger(__name__)

# Seconds between two looks, and between two questions to all workers.
_INTERVAL = 1.0
_ROLL_CALL = 10.0


@dataclass(frozen=True)
class Sample:
    """What Redis holds about the cluster at one moment. Ages are in seconds, by the server's clock.

    Attributes:
        totals: what was done.
        published: age of the last snapshot; None before the first.
        attempted: how long ago somebody last came to publish; None: nobody ever did.
        unpublished: whether the boards have changed since the last snapshot.
    """

    totals: Totals
    published: float | None
    attempted: float | None
    unpublished: bool


class Monitor:
    """What was last seen of the cluster.

    Args:
        redis: of the boards.
        broker_url: of the queues.
        options: the transport options that go with it.

    Attributes:
        sample: of Redis; None while it cannot be reached.
        depth: of the queues; None while the broker cannot be reached.
        idle: seconds since when bars have waited and none was processed; 0 where none waits.
        workers: how many take bars; None while nobody knows.
    """

    def __init__(self, redis: Redis, broker_url: str, options: Mapping[str, Any]) -> None:
        self._redis = redis
        self._broker_url = broker_url
        self._options = options
        self._workers = Workers(broker_url, options)
        self._moved = time.monotonic()
        self._told: set[str] = set()
        self.sample: Sample | None = None
        self.depth: Depth | None = None
        self.workers: int | None = None

    @property
    def idle(self) -> float:
        return time.monotonic() - self._moved

    async def run(self) -> None:
        """Keep looking until cancelled."""
        await asyncio.gather(_again_and_again(self.look, _INTERVAL), _again_and_again(self._call_roll, _ROLL_CALL))

    async def look(self) -> None:
        """Look once."""
        before = self.sample
        self.sample, self.depth = await asyncio.gather(self._sample(), self._depth())
        waits = self.depth is not None and self.depth.waiting > 0
        if not (waits and self.sample and before and self.sample.totals.processed == before.totals.processed):
            self._moved = time.monotonic()

    async def _call_roll(self) -> None:
        try:
            self.workers = await asyncio.to_thread(self._workers.count)
        except BrokerError:
            # As the queue's depth tells.
            self.workers = None

    async def _sample(self) -> Sample | None:
        try:
            # No transaction, which a server whose memory is full would refuse.
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.hgetall(keys.TOTALS)
                pipe.hmget(keys.SNAPSHOT, ["published_at", "attempted_at", "revision"])
                pipe.get(keys.REVISION)
                pipe.time()
                totals, (published, attempted, shown), revision, (seconds, microseconds) = await pipe.execute()
        except RedisError as error:
            self._tell("the boards' Redis", error)
            return None
        self._told.discard("the boards' Redis")
        now = seconds + microseconds / 1e6
        return Sample(
            totals=Totals.parse(totals),
            published=_age(published, now),
            attempted=_age(attempted, now),
            unpublished=int(revision or 0) != int(shown or 0),
        )

    async def _depth(self) -> Depth | None:
        try:
            present = await asyncio.to_thread(depth, self._broker_url, self._options)
        except BrokerError as error:
            self._tell("the broker", error)
            return None
        self._told.discard("the broker")
        return present

    def _tell(self, server: str, error: Exception) -> None:
        """Log what is wrong with a server, once until it answers again."""
        if server not in self._told:
            self._told.add(server)
            log.warning("%s does not answer, or refuses: %s", server, error)


async def _again_and_again(look: Callable[[], Awaitable[None]], interval: float) -> None:
    while True:
        await look()
        await asyncio.sleep(interval)


def _age(milliseconds: bytes | None, now: float) -> float | None:
    return None if milliseconds is None else max(0.0, now - int(milliseconds) / 1000)
