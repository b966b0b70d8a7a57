"""Measures sending and running: a backlog is sent to workers that stand still, then they run it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from redis import Redis

from bench import machine
from bench.errors import LostBarsError
from bench.peers.lane import TIMEOUT, Lane
from leaderboard import keys
from leaderboard.store.totals import Totals

#: What is measured, by task.
WORK = {"noop": "a task that does nothing", "bar": "a bar applied to the boards"}
# Tasks of a backlog, for each of another way's: with as few it would be over before it is measured.
_MORE = {"delay_many": 10}


@dataclass(frozen=True)
class Round:
    """What one backlog came to.

    Attributes:
        sent, run: tasks a second.
        producer, workers, redis: microseconds of CPU a task.
    """

    sent: float
    run: float
    producer: float
    workers: float
    redis: float

    @property
    def cpu(self) -> float:
        """Microseconds a task, of all together."""
        return self.producer + self.workers + self.redis


class Measured:
    """All rounds, by task and by lane and way."""

    def __init__(self) -> None:
        self.rounds: dict[tuple[str, str, str], list[Round]] = {}
        self.memory: dict[str, int] = {}

    def add(self, task: str, peer: str, way: str, round_: Round) -> None:
        self.rounds.setdefault((task, peer, way), []).append(round_)

    def of(self, task: str) -> dict[tuple[str, str], Round]:
        """The medians of a task's rounds, by library and way."""
        return {(peer, way): _median(rounds) for (of, peer, way), rounds in self.rounds.items() if of == task}


def _median(rounds: Sequence[Round]) -> Round:
    names = ("sent", "run", "producer", "workers", "redis")
    return Round(*(median(getattr(each, name) for each in rounds) for name in names))


def measure(lanes: Sequence[Lane], redis: Redis, rounds: int, tasks: int) -> Measured:
    """Let the lanes take turns.

    Args:
        lanes: which.
        redis: the boards' Redis.
        rounds: of each task and way.
        tasks: in each backlog of a peer.

    Raises:
        LostBarsError: a bar was not applied.
    """
    measured = Measured()
    first = 0
    for lane in lanes:
        lane.await_up()
    for lane in lanes:
        lane.await_drained()
    for _ in range(rounds):
        for task in WORK:
            for lane in lanes:
                for way in lane.peer.ways:
                    count = tasks * _MORE.get(way, 1)
                    measured.add(task, lane.peer.name, way, _run(lane, redis, way, task, first, count))
                    first += count
    for lane in lanes:
        measured.memory[lane.peer.name] = lane.memory()
    return measured


def _run(lane: Lane, redis: Redis, way: str, task: str, first: int, count: int) -> Round:
    processed = _processed(redis)
    before = machine.cpu(redis)
    with lane.frozen():
        sent = lane.send(way, task, first, count)
        used = lane.cpu()
    began = time.monotonic()
    ended = lane.await_drained()
    if task == "bar":
        ended = max(ended, _await_applied(lane, redis, processed + count))
    figures = (sent.cpu, lane.cpu() - used, machine.cpu(redis) - before)
    return Round(count / sent.seconds, count / (ended - began), *(1e6 * each / count for each in figures))


def _await_applied(lane: Lane, redis: Redis, processed: int) -> float:
    """Wait until so many bars are applied: a library may have them off its queue before."""
    deadline = time.monotonic() + TIMEOUT
    while (found := _processed(redis)) < processed:
        if time.monotonic() > deadline:
            raise LostBarsError(f"{lane.name}: {processed - found} bars were sent and not applied")
        time.sleep(0.005)
    return time.monotonic()


def _processed(redis: Redis) -> int:
    totals: Any = redis.hgetall(keys.TOTALS)
    return Totals.parse(totals).processed
