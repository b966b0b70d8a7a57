"""Measures each way of sending, without workers."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from redis import Redis

from bench.environment import Environment
from bench.errors import LostBarsError
from bench.producer import Order, Sent, Way
from bench.report import Figures
from bench.scale import Scale
from config.celery import AGGS


def _rates() -> Figures:
    return Figures("Sending, one process", "calls/s")


def _cpu() -> Figures:
    return Figures("Sending: CPU of the sending process per call", "us")


@dataclass
class Sending:
    """The figures, by way."""

    rates: Figures = field(default_factory=_rates)
    cpu: Figures = field(default_factory=_cpu)

    def figures(self) -> list[Figures]:
        return [self.rates, self.cpu]


def measure(environment: Environment) -> Sending:
    """Let the ways take turns.

    Raises:
        LostBarsError: a bar that was sent is not in the queue.
    """
    broker = Redis.from_url(environment.stage)
    result = Sending()
    ways = deque(_ways(environment.scale))
    for _ in range(environment.scale.rounds):
        for name, way, fast, calls in ways:
            order = Order(way, environment.take(calls), calls)
            with environment.producer(order, environment.stage, fast=fast) as producer:
                producer.go()
                sent = producer.result(Sent)
            if (queued := broker.llen(AGGS)) != sent.bars:
                raise LostBarsError(f"{name}: {sent.bars} bars were sent and {queued} are queued")
            # Deleted here: freed in the background, its memory would cost the next measurement a core.
            broker.delete(AGGS)
            result.rates.add(name, sent.bars / sent.seconds)
            result.cpu.add(name, sent.cpu * 1e6 / sent.bars)
        # So that the disk's delayed writes do not always fall on the same next way.
        ways.rotate()
    return result


def _ways(scale: Scale) -> Iterator[tuple[str, Way, bool, int]]:
    """Name, way, whether in the fast lane, and calls."""
    yield "stock delay", "delay", False, scale.stock.calls
    yield "delay", "delay", True, scale.fast.calls
    yield "buffered", "buffered", True, scale.batched
    yield "delay_many", "delay_many", True, scale.batched
