"""Looks at the cluster again and again: what it has done, and whether its parts are at work."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from redis.asyncio import Redis
from redis.exceptions import RedisError

from leaderboard import key_faults, keys
from leaderboard.totals import Totals
from watch.gateway import redis_values
from watch.gateway.cluster.queue_depth import BrokerError, Depth, depth
from watch.gateway.cluster.worker_count import RollCall, Workers
from watch.gateway.redis_values import InvalidValueError
from watch.gateway.supervisor import Supervisor

log = logging.getLogger(__name__)

# Seconds between two looks, and between two questions to all workers.
_INTERVAL = 1.0
_ROLL_CALL = 10.0

# Answers that a look asks for, beside those about the keys.
_OWN = 5

_T = TypeVar("_T")


@dataclass(frozen=True)
class Sample:
    """What Redis holds about the cluster at one moment. Ages are in seconds, by the server's clock.

    Attributes:
        totals: what was done; None where nobody can tell.
        published: age of the last snapshot; None before the first.
        attempted: how long ago somebody last came to publish; None: nobody ever did.
        unpublished: whether the boards have changed since the last snapshot.
        junk: the keys that could not be read, a sentence each.
        symbols: how many have traded today; None where nobody can tell.
        wrong_keys: the keys that are not of their type, which stop workers or a part of their work.
    """

    totals: Totals | None
    published: float | None
    attempted: float | None
    unpublished: bool
    junk: tuple[str, ...] = ()
    symbols: int | None = None
    wrong_keys: tuple[str, ...] = ()

    @property
    def processed(self) -> int | None:
        """Events taken in; None where nobody can tell."""
        return self.totals.processed if self.totals else None


class Monitor:
    """What was last seen of the cluster.

    Args:
        redis: of the boards.
        broker_url: of the queues.
        options: the transport options that go with it.
        supervisor: keeps it looking.

    Attributes:
        sample: of Redis; None while it cannot be reached.
        depth: of the queues; None while the broker cannot be reached.
        idle: seconds since when bars have waited and none was processed; 0 where none waits.
        workers: what came of the last question to all workers; None while nobody knows.
    """

    def __init__(self, redis: Redis, broker_url: str, options: Mapping[str, Any], supervisor: Supervisor) -> None:
        self._redis = redis
        self._supervisor = supervisor
        self._broker_url = broker_url
        self._options = options
        self._workers = Workers(broker_url, options)
        self._moved = time.monotonic()
        self._told: set[str] = set()
        self.sample: Sample | None = None
        self.depth: Depth | None = None
        self.workers: RollCall | None = None

    @property
    def idle(self) -> float:
        return time.monotonic() - self._moved

    async def run(self) -> None:
        """Keep looking until cancelled."""
        await asyncio.gather(
            self._supervisor.every(_INTERVAL, "the monitor", self._look),
            self._supervisor.every(_ROLL_CALL, "the monitor", self._call_roll),
        )

    async def _look(self) -> None:
        before = self.sample
        self.sample, self.depth = await asyncio.gather(
            self._supervisor.result("the look at Redis", self._sample),
            self._supervisor.result("the look at the queues", self._depth),
        )
        waits = self.depth is not None and self.depth.waiting > 0
        if not (waits and _stands_still(before, self.sample)):
            self._moved = time.monotonic()

    async def _call_roll(self) -> None:
        self.workers = await self._supervisor.result("the question to workers", self._roll)

    async def _roll(self) -> RollCall | None:
        try:
            called = await asyncio.to_thread(self._workers.call)
        except BrokerError:
            # As the queue's depth tells.
            return None
        if called.unsound:
            self._tell("a worker", "; ".join(called.unsound))
        else:
            self._told.discard("a worker")
        return called

    async def _sample(self) -> Sample | None:
        try:
            # No transaction, which a server whose memory is full would refuse.
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.hgetall(keys.TOTALS)
                pipe.hmget(keys.SNAPSHOT, ["published_at", "attempted_at", "revision"])
                pipe.get(keys.REVISION)
                pipe.time()
                pipe.hlen(keys.RECORDS)
                key_faults.ask(pipe)
                replies = await pipe.execute(raise_on_error=False)
                sample = _sample_of(replies[:_OWN], key_faults.read(replies[_OWN:]))
        except RedisError as error:
            self._tell("the boards' Redis", error)
            return None
        if problems := [*sample.junk, *sample.wrong_keys]:
            self._tell("the boards' Redis", "; ".join(problems))
        else:
            self._told.discard("the boards' Redis")
        return sample

    async def _depth(self) -> Depth | None:
        try:
            present = await asyncio.to_thread(depth, self._broker_url, self._options)
        except BrokerError as error:
            self._tell("the broker", error)
            return None
        self._told.discard("the broker")
        return present

    def _tell(self, server: str, problem: Exception | str) -> None:
        """Log what is wrong with a server, once until it answers again."""
        if server not in self._told:
            self._told.add(server)
            log.warning("%s does not answer, refuses, or holds junk: %s", server, problem)


def _sample_of(answers: Sequence[Any], wrong_keys: Sequence[str]) -> Sample:
    """What Redis answered; a key that cannot be read leaves the others as they are.

    Raises:
        RedisError: it refuses.
    """
    totals, snapshot, revision, now, symbols = answers
    junk: list[str] = []

    def read(reading: Callable[[], _T]) -> _T | None:
        try:
            return reading()
        except InvalidValueError as error:
            junk.append(str(error))
            return None

    noted = read(lambda: redis_values.answer(keys.SNAPSHOT, snapshot, "a hash")) or [None] * 3
    published, attempted, shown = [read(partial(redis_values.whole, keys.SNAPSHOT, each)) for each in noted]
    seconds, microseconds = redis_values.answer("", now, "")
    now = seconds + microseconds / 1e6
    return Sample(
        totals=read(lambda: redis_values.totals(totals)),
        published=_age(published, now),
        attempted=_age(attempted, now),
        unpublished=(read(lambda: redis_values.whole(keys.REVISION, revision)) or 0) != (shown or 0),
        junk=tuple(junk),
        symbols=symbols if isinstance(symbols, int) else None,
        wrong_keys=tuple(wrong_keys),
    )


def _stands_still(before: Sample | None, present: Sample | None) -> bool:
    """Whether no events were taken in between the two, as far as anybody can tell."""
    return before is not None and present is not None and before.processed == present.processed is not None


def _age(milliseconds: int | None, now: float) -> float | None:
    return None if milliseconds is None else max(0.0, now - milliseconds / 1000)
