"""Measures `process_agg` end to end: working off a backlog, and keeping up with a producer."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from redis import Redis

from bench import machine
from bench.environment import Environment
from bench.lane import FAST, FAST_TWO, STOCK, STOCK_OF_TWO, Lane
from bench.producer import Order, Sent
from bench.reconciliation import Reconciliation
from bench.report import Figures
from bench.scale import Effort
from config.celery import AGGS

PRODUCER = "the producer"
WORKERS = "the workers"
REDIS = "Redis"
#: Child processes in which Redis rewrites its append-only file.
REWRITING = "Redis's rewriting of its file"
PARTS = (PRODUCER, WORKERS, REDIS, REWRITING)


def _backlog() -> Figures:
    return Figures("End to end: working off a backlog", "bars/s")


def _sustained() -> Figures:
    return Figures("End to end: sustained, a producer sending meanwhile", "bars/s")


def _scaling() -> Figures:
    return Figures("Sustained: two working processes against one", "times as fast")


def _cpu() -> dict[str, Figures]:
    return {part: Figures(f"Sustained: CPU of {part} per bar", "us") for part in PARTS}


@dataclass
class Throughput:
    """What came of it, by lane.

    Attributes:
        backlog, sustained: bars a second.
        scaling: from one working process to two, in each lane.
        cpu: microseconds a bar, by who used them.
        reconciliations: that no bar was lost, by lane.
    """

    backlog: Figures = field(default_factory=_backlog)
    sustained: Figures = field(default_factory=_sustained)
    scaling: Figures = field(default_factory=_scaling)
    cpu: Mapping[str, Figures] = field(default_factory=_cpu)
    reconciliations: Sequence[Reconciliation] = ()

    def figures(self) -> list[Figures]:
        return [self.backlog, self.sustained, self.scaling, *self.cpu.values()]


def measure(environment: Environment, lanes: Sequence[Lane]) -> Throughput:
    """Let the lanes take turns.

    Raises:
        LostBarsError: a bar was lost.
    """
    reconciliations = [Reconciliation(lane, environment.redis) for lane in lanes]
    result = Throughput(reconciliations=reconciliations)
    for _ in range(environment.scale.rounds):
        rates = {}
        for lane, reconciliation in zip(lanes, reconciliations, strict=True):
            effort = environment.scale.fast if lane.kind.fast else environment.scale.stock
            environment.keep_file(lane.kind.durable)
            result.backlog.add(lane.kind.name, _work_off(environment, lane, reconciliation, effort.backlog))
            rates[lane.kind], spent = _sustain(environment, lane, reconciliation, effort)
            result.sustained.add(lane.kind.name, rates[lane.kind])
            for part, microseconds in spent.items():
                result.cpu[part].add(lane.kind.name, microseconds)
        for one, two in ((STOCK, STOCK_OF_TWO), (FAST, FAST_TWO)):
            result.scaling.add(f"{two.name} against one", rates[two] / rates[one])
    environment.keep_file(True)
    return result


def _work_off(environment: Environment, lane: Lane, reconciliation: Reconciliation, bars: int) -> float:
    """Bars a second."""
    first = environment.take(bars)
    with environment.producer(
        Order(lane.kind.way, first, bars), environment.stage, fast=lane.kind.fast
    ) as producer:
        producer.go()
        producer.result(Sent)
    reconciliation.open()
    began = time.monotonic()
    # The whole backlog at once, to workers that are ready.
    Redis.from_url(environment.stage).move(AGGS, lane.database)
    elapsed = lane.await_drained() - began
    reconciliation.close(first, bars)
    return bars / elapsed


def _sustain(
    environment: Environment, lane: Lane, reconciliation: Reconciliation, effort: Effort
) -> tuple[float, dict[str, float]]:
    """Bars a second, and microseconds of CPU a bar by who used them."""
    most = int(effort.seconds * effort.fastest)
    order = Order(lane.kind.way, environment.take(most), most, effort.seconds, effort.bound)
    with environment.producer(order, lane.url, fast=lane.kind.fast) as producer:
        reconciliation.open()
        before, began = _cpu_of(lane, environment.redis), time.monotonic()
        producer.go()
        sent = producer.result(Sent)
        elapsed = lane.await_drained() - began
        after = _cpu_of(lane, environment.redis)
    reconciliation.close(order.first, sent.bars)
    spent = {PRODUCER: sent.cpu} | {part: after[part] - before[part] for part in after}
    return sent.bars / elapsed, {part: seconds * 1e6 / sent.bars for part, seconds in spent.items()}


def _cpu_of(lane: Lane, redis: Redis) -> dict[str, float]:
    """Seconds of CPU used so far."""
    children = redis.info("cpu")
    return {
        WORKERS: lane.cpu(),
        REDIS: machine.cpu(redis),
        REWRITING: float(children["used_cpu_user_children"] + children["used_cpu_sys_children"]),
    }
