"""Reconciles the bars that were sent with what workers took and published: none may be missing."""

from collections import Counter
from itertools import islice
from typing import Any

from redis import Redis

from bench.bars import bars
from bench.errors import LostBarsError
from bench.lane import Lane
from leaderboard import keys


class Reconciliation:
    """The reconciliation of one lane's bars, over all rounds.

    A bar is accounted for when it is neither queued nor in flight, and a worker counts it as run. Its quote
    was published, unless another process applied a newer bar of its symbol first: then it is stale. At the end of
    a round the newest bar of each symbol is on the boards.

    Args:
        lane: the lane.
        redis: the Redis of the boards.

    Attributes:
        lane: the lane.
        sent: bars.
        taken: bars by the worker that ran them.
        published: quotes.
    """

    def __init__(self, lane: Lane, redis: Redis) -> None:
        self.lane = lane
        self.sent = 0
        self.taken: Counter[str] = Counter()
        self.published = 0
        self._redis = redis

    def open(self) -> None:
        """Begin a round: nothing is queued."""
        self._had_taken = self.lane.taken()
        self._had_published = self._published()
        self._had_died = self._redis.xlen(keys.DEAD)

    def close(self, first: int, sent: int) -> None:
        """End a round, with the queue empty and nothing in flight.

        Args:
            first: number of the first bar that was sent.
            sent: how many were.

        Raises:
            LostBarsError: they are not all accounted for.
        """
        published = self._published() - self._had_published
        taken = Counter(self.lane.taken())
        taken.subtract(self._had_taken)
        name = self.lane.kind.name
        if taken.total() != sent:
            raise LostBarsError(f"{name}: {sent} bars were sent and {taken.total()} taken")
        if dead := self._redis.xlen(keys.DEAD) - self._had_died:
            raise LostBarsError(f"{name}: {dead} bars became dead letters")
        if published > sent or (published < sent and not self.lane.kind.overtakes):
            raise LostBarsError(f"{name}: {sent} bars were sent and {published} quotes published")
        if missing := self._missing(first, sent):
            raise LostBarsError(
                f"{name}: the newest bars of {len(missing)} symbols are not on the boards: {missing[:5]}"
            )
        self.sent += sent
        self.taken += taken
        self.published += published

    def _published(self) -> int:
        """Quotes published since Redis started: nothing else is, by workers that do not talk to each other."""
        return int(self._redis.info("commandstats").get("cmdstat_publish", {"calls": 0})["calls"])

    def _missing(self, first: int, sent: int) -> list[str]:
        newest = {bar["sym"]: bar for bar in islice(bars(first), sent)}
        with self._redis.pipeline(transaction=False) as pipe:
            for symbol in newest:
                pipe.hmget(keys.row(symbol), ["end_timestamp", "accumulated_volume"])
            rows = pipe.execute()
        return [
            symbol
            for (symbol, bar), row in zip(newest.items(), rows, strict=True)
            if None in row or [float(each) for each in row] != [bar["e"], bar["av"]]
        ]

    @property
    def overtaken(self) -> int:
        """Bars without a quote, since a newer one of their symbol was faster."""
        return self.sent - self.published

    def figures(self) -> dict[str, Any]:
        return {
            "sent": self.sent,
            "taken": dict(self.taken),
            "published": self.published,
            "overtaken": self.overtaken,
        }

    def __str__(self) -> str:
        taken = " + ".join(f"{each:,}" for each in self.taken.values())
        overtaken = f" and {self.overtaken:,} overtaken by a newer one" if self.overtaken else ""
        return (
            f"{self.sent:,} bars sent, {taken} taken by workers, {self.published:,} quotes published{overtaken}, "
            "none queued, none unacknowledged, each symbol's newest on the boards: nothing lost"
        )
