"""How much is measured."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Effort:
    """What a lane does in a round.

    Attributes:
        backlog: bars in the backlog.
        seconds: for which a producer sends while workers work.
        fastest: bars made beforehand for each second of sending; more than can be sent.
        bound: queue depth, in bars, above which the producer waits.
        calls: bars to send one by one where only sending is measured.
    """

    backlog: int
    seconds: float
    fastest: int
    bound: int
    calls: int


@dataclass(frozen=True)
class Scale:
    """A run of the benchmark.

    Attributes:
        rounds: of each measurement.
        stock, fast: for each lane.
        batched: bars to send where one write takes many.
        latency: seconds at each load.
    """

    rounds: int
    stock: Effort
    fast: Effort
    batched: int
    latency: float


def full(rounds: int) -> Scale:
    """The scale of published figures."""
    return Scale(
        rounds,
        stock=Effort(backlog=2_000, seconds=6, fastest=2_000, bound=500, calls=2_000),
        fast=Effort(backlog=40_000, seconds=9, fastest=30_000, bound=10_000, calls=10_000),
        batched=80_000,
        latency=5,
    )


def quick() -> Scale:
    """One short round of everything, to check that the benchmark works."""
    return Scale(
        1,
        stock=Effort(backlog=200, seconds=1, fastest=2_000, bound=500, calls=500),
        fast=Effort(backlog=5_000, seconds=1, fastest=30_000, bound=10_000, calls=2_000),
        batched=10_000,
        latency=1,
    )
