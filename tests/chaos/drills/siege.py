"""Workers and Redis are killed by the hundred, and the boards are compared with the oracle again and again."""

import signal
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from itertools import islice
from multiprocessing import get_context
from typing import Any

from tests.chaos.distinct_bars import PER_SYMBOL, distinct_bars
from tests.chaos.harness import Harness, Reconciliation, expected_of_many, paced, running_harness
from tests.chaos.verdict import Verdict
from tests.support.market import at
from tests.support.oracle import is_trading_day
from tests.support.waiting import eventually

# The first of the market's days.
_FIRST = date(2026, 1, 5)
#: Seconds within which everything is applied after the last kill.
_RECOVERY = 300.0
#: Redis reads its file at each start, so the file is kept short.
_FILE = ("--auto-aof-rewrite-min-size", "100mb")


@dataclass(frozen=True)
class Stage:
    """The bars between two comparisons: those of one session.

    Attributes:
        earlier: bars of the same day before them; the boards show these too.
        bars: that are sent.
        phase: the session's name.
    """

    earlier: list[dict[str, Any]]
    bars: list[dict[str, Any]]
    phase: str


def stages(count: int, bars: int) -> Iterator[Stage]:
    """So many stages, by turns of the pre-market and the regular hours of one trading day after another.

    Each bar decides an open price or a row of its session, so each one that is lost shows at its end.

    Args:
        count: of stages.
        bars: of each.
    """
    earlier: list[dict[str, Any]] = []
    for n, (day, phase, opening) in enumerate(islice(_sessions(), count)):
        sent = list(distinct_bars(bars, seed=n, start=at(opening, day)))
        if phase == "pre":
            earlier = []
        yield Stage(earlier, sent, phase)
        earlier = sent


def _sessions() -> Iterator[tuple[date, str, str]]:
    day = _FIRST
    while True:
        if is_trading_day(day):
            yield day, "pre", "04:00:00"
            yield day, "regular", "09:30:00"
        day += timedelta(days=1)


class _Attackers:
    """Two workers and a Redis that are killed when their time has come.

    Args:
        harness: the system.
        kills, restarts: SIGKILLs of workers and of Redis.
        away: seconds for which Redis is away.

    Attributes:
        killed, restarted: how often so far.
        loaded: kills of workers while bars were queued or in flight.
    """

    def __init__(self, harness: Harness, kills: int, restarts: int, away: float) -> None:
        self._harness = harness
        self._kills = kills
        self._restarts = restarts
        self._away = away
        self._started = 0
        self.killed = self.restarted = self.loaded = 0
        self._workers = [self._start(), self._start()]
        for name in self._workers:
            eventually(partial(harness.processes.is_ready, name), what=f"{name} is ready")

    def _start(self) -> str:
        name = f"worker{self._started}"
        self._started += 1
        self._harness.processes.start_worker(name)
        return name

    def attack(self, part: float) -> bool:
        """Kill what is due once this part of all bars is sent, from 0 to 1. Returns whether more is due."""
        if self.restarted < int(self._restarts * part):
            self._harness.server.kill()
            time.sleep(self._away)
            self._harness.server.start()
            self.restarted += 1
        if self.killed < int(self._kills * part):
            self._kill_when_ready()
        return self.restarted < int(self._restarts * part) or self.killed < int(self._kills * part)

    def _kill_when_ready(self) -> None:
        oldest, other = self._workers
        # One that has just started would not be at work yet.
        if self._harness.processes.is_ready(oldest):
            self.loaded += bool(self._harness.queued() + self._harness.unacked())
            self._harness.processes.signal(oldest, signal.SIGKILL)
            self.killed += 1
            self._workers = [other, self._start()]


def siege(
    *,
    bars: int = 3_000_000,
    kills: int = 300,
    restarts: int = 30,
    moments: int = 100,
    rate: float = 12_000,
    away: float = 1.0,
    stock: bool = False,
) -> Verdict:
    """Kill workers and Redis again and again while bars stream, and compare the boards at many moments.

    Args:
        bars: in all.
        kills: SIGKILLs of workers.
        restarts: SIGKILLs of Redis, which has an append-only file.
        moments: at which all bars so far are sent and applied, and boards, rows and opens have to be the oracle's.
        rate: bars a second.
        away: seconds for which Redis is away.
        stock: without the fast lane.
    """
    each = bars // moments // PER_SYMBOL * PER_SYMBOL
    with (
        running_harness(fast=not stock, symbols=each // PER_SYMBOL, options=_FILE) as harness,
        ProcessPoolExecutor(1, get_context("spawn")) as oracle,
    ):
        attackers = _Attackers(harness, kills, restarts, away)
        found: list[_Found] = []
        for n, stage in enumerate(stages(moments, each)):
            expected = oracle.submit(expected_of_many, [*stage.earlier, *stage.bars])
            # The part of the siege that is over once so many bars are sent.
            part = partial(_part, n, each, moments)
            doubtful, recovery = _stream(harness, attackers, paced(stage.bars, rate), part)
            found.append(_Found(harness.compare(expected.result(), stage.phase), recovery, doubtful))
        return _verdict(attackers, each * moments, found)


def _part(stage: int, bars: int, stages: int, sent: int) -> float:
    return (stage + sent / bars) / stages


def _stream(
    harness: Harness, attackers: _Attackers, batches: Iterable[list[dict[str, Any]]], part: Callable[[int], float]
) -> tuple[int, float]:
    """Send a stage's bars under attack, and wait until all are applied.

    Args:
        harness: the system.
        attackers: its attackers.
        batches: of bars.
        part: the part of the whole siege that is over once so many of the stage's bars are sent.

    Returns:
        Bars that were in doubt and sent again, and the seconds until all were applied.
    """
    # Imported here: the app reads its settings from the environment when it is imported.
    from tests.chaos.producer import Stream

    with Stream(batches) as stream:
        while stream.is_sending:
            attackers.attack(part(stream.producer.sent))
            time.sleep(0.02)
    while attackers.attack(part(stream.producer.sent)):
        time.sleep(0.02)
    return stream.producer.doubtful, harness.drain(_RECOVERY)


@dataclass(frozen=True)
class _Found:
    """What one comparison found.

    Attributes:
        reconciliation: with the oracle.
        recovery: seconds until all bars were applied.
        doubtful: bars that were sent again, although the broker may have had them.
    """

    reconciliation: Reconciliation
    recovery: float
    doubtful: int


def _verdict(attackers: _Attackers, bars: int, found: Sequence[_Found]) -> Verdict:
    reconciliations = [each.reconciliation for each in found]
    exact = sum(each.is_sound for each in reconciliations)
    whole = replace(
        reconciliations[-1],
        missing=sum(each.missing for each in reconciliations),
        exact=exact == len(reconciliations),
    )
    faults = (
        f"{attackers.killed} SIGKILLs of workers, {attackers.loaded} of them under load, "
        f"{attackers.restarted} of Redis"
    )
    doubtful = sum(each.doubtful for each in found)
    notes = f"boards exact at {exact} of {len(found)} moments; {doubtful:,} bars in doubt were sent again"
    return Verdict(faults, bars, whole, max(each.recovery for each in found), notes)
