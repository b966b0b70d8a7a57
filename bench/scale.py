"""How much is measured."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Effort:
    """What a lane has to do in a round.

    Attributes:
        backlog: bars that wait at once.
        seconds: for which a producer sends while workers work.
        fastest: bars a second that are made beforehand for it.
        bound: bars queued above which the producer waits.
        calls: bars that are sent one by one where only sending is measured.
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
        lots: bars that are sent where many go into a write.
        latency: seconds at each load.
    """

    rounds: int
    stock: Effort
    fast: Effort
    lots: int
    latency: float


def full(rounds: int) -> Scale:
    """What figures are quoted from."""
    return Scale(
        rounds,
        stock=Effort(backlog=2_000, seconds=6, fastest=2_000, bound=500, calls=2_000),
        fast=Effort(backlog=40_000, seconds=9, fastest=30_000, bound=10_000, calls=10_000),
        lots=80_000,
        latency=5,
    )


def quick() -> Scale:
    """One short round of everything, which tells whether it works and hardly more."""
    return Scale(
        1,
        stock=Effort(backlog=200, seconds=1, fastest=2_000, bound=500, calls=500),
        fast=Effort(backlog=5_000, seconds=1, fastest=30_000, bound=10_000, calls=2_000),
        lots=10_000,
        latency=1,
    )
