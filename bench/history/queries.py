"""What it costs to ask about a recorded day, and to verify it."""

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from bench.child import ROOT, Child
from bench.history.asking import Order, Spent
from bench.history.day import INTERVAL, RecordedDay
from bench.report import Figures
from leaderboard.boards import BOARDS

#: Ticks of a day: one a second from 04:00 to 20:00.
TICKS_A_DAY = 57_600
#: Questions of a kind whose files are dropped from the system's cache before, each to a process of its own.
_COLD = 5


def ask(day: RecordedDay, first: int, symbols: list[str], count: int) -> Figures:
    """Ask for boards and whole pages at random times, and for candles of random symbols.

    Args:
        day: that is asked about.
        first: the time before which nothing is recorded, Unix milliseconds.
        symbols: of its market.
        count: questions of each kind to a process that has answered one before.
    """
    rng, times = random.Random(1), Figures("Questions about the day", "ms")
    questions: tuple[tuple[str, Callable[[], dict[str, Any]]], ...] = (
        ("a board at a random second", lambda: {"boards": [_random_board(rng, first, day.ticks[-1])]}),
        (
            "all that a page shows of one",
            lambda: {"moments": [rng.randint(first, day.ticks[-1])], "quotes": [rng.choice(symbols)]},
        ),
        ("candles of a random symbol", lambda: {"candles": [rng.choice(symbols)]}),
    )
    for kind, question in questions:
        for _ in range(_COLD):
            _add(times, f"{kind}, cold", _asked(day, question(), is_cold=True)[0])
        many: dict[str, list[Any]] = {}
        for _ in range(count + 1):
            for name, each in question().items():
                many.setdefault(name, []).extend(each)
        for spent in _asked(day, many, is_cold=False)[1:]:
            _add(times, f"{kind}, warm", spent)
    return times


def _add(times: Figures, name: str, spent: Spent) -> None:
    times.add(name, spent.seconds * 1e3)
    times.add(f"{name}: CPU", spent.cpu * 1e3)


def _random_board(rng: random.Random, first: int, last: int) -> tuple[str, int]:
    return rng.choice(BOARDS).name, rng.randint(first, last)


def _asked(day: RecordedDay, questions: dict[str, Any], *, is_cold: bool) -> list[Spent]:
    """What each answer took."""
    order = Order(str(day.history), day.day.isoformat(), evict=is_cold, **questions)
    with Child("bench.history.asking", order, **_environment(day)) as child:
        child.go()
        return child.result(list[Spent])


def verify(day: RecordedDay) -> Figures:
    """Verify all ticks of a day.

    Raises:
        SystemExit: a tick differs.
    """
    began = time.monotonic()
    command = [sys.executable, "-m", "history", "verify", day.day.isoformat()]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | _environment(day), stdout=subprocess.PIPE)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"verify ended with exit code {process.returncode}")
    seconds = time.monotonic() - began
    figures = Figures(f"Verifying {len(day.ticks):,} ticks and {day.bars:,} bars", "s")
    figures.add("time", seconds)
    figures.add("CPU", used.ru_utime + used.ru_stime)
    figures.add(f"time of {TICKS_A_DAY:,} ticks like these", seconds * TICKS_A_DAY / len(day.ticks))
    return figures


def _environment(day: RecordedDay) -> dict[str, str]:
    return {"HISTORY_DIR": str(day.history), "PUBLISH_INTERVAL": str(INTERVAL), "MARKET_CLOCK": "events"}
