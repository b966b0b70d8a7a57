"""A trading day whose clock the drill sets, in every process that it starts but not in its own."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from leaderboard import keys
from leaderboard.sessions import Phase, Session
from tests.chaos.harness import Harness, expected_of_many, running_harness
from tests.support.boards import opens, rows, scores
from tests.support.market import bar
from tests.support.moved_clock import MONDAY, MovedClock
from tests.support.waiting import eventually


class Day:
    """A drill with the wall clock of a live market, which the drill sets.

    Args:
        harness: its servers and processes.
        moved_clock: the clock of its processes.
        symbols: of its market.
    """

    def __init__(self, harness: Harness, moved_clock: MovedClock, symbols: int) -> None:
        self.harness = harness
        self.moved_clock = moved_clock
        self.sent: list[dict[str, Any]] = []
        self._symbols = symbols

    def go_to(self, clock: str, day: date = MONDAY) -> None:
        """Set the clock, and wait until Redis has this time."""
        self.moved_clock.set(clock, day)
        eventually(lambda: self.off() < 1, what="Redis has that time")

    def off(self) -> float:
        """Seconds between the time of Redis and the time that the drill set."""
        return self.moved_clock.off(self.harness.boards)

    def trade(self, clock: str, day: date = MONDAY) -> None:
        """Send a bar of each symbol."""
        # Imported here: the app reads its settings from the environment when it is imported.
        from tasks import process_agg

        close = 10 + len(self.sent) % 7
        bars = [bar(f"S{n:05}", clock, day, close=close + n / 100) for n in range(self._symbols)]
        process_agg.delay_many(bars)
        self.sent += bars

    def trade_now(self, each: int = 1, ahead: float = 0.0) -> None:
        """Send a bar of the last second for each symbol, or for one symbol in `each`.

        Args:
            each: one symbol in so many.
            ahead: seconds by which the bars are ahead of the clock.
        """
        # Imported here: see above.
        from tasks import process_agg

        start = self.moved_clock.now() - 1000 + round(ahead * 1000)
        count = len(self.sent)
        fields = {"s": start, "e": start + 1000, "av": start // 100 % 864_000_000}
        bars = [
            bar(f"S{n:05}", "04:00:00", MONDAY, close=10 + (count + n) % 97 / 10) | fields
            for n in range(0, self._symbols, each)
        ]
        process_agg.delay_many(bars)
        self.sent += bars

    def beat(self, name: str, **environment: str) -> None:
        """Start a beat, with a clock worker running and no other beat, and wait until it has sent a task."""
        self.harness.boards.hdel(keys.SNAPSHOT, "attempted_at")
        self.harness.processes.beat(name, **environment)
        eventually(lambda: self.harness.boards.hexists(keys.SNAPSHOT, "attempted_at"), what=f"{name} beats")

    def settle(self) -> float:
        """Wait until all sent bars are on the boards. Returns the seconds waited."""
        return self.harness.drain(60)

    def session(self) -> Session | None:
        """The session that the boards show."""
        stored: Any = self.harness.boards.get(keys.SESSION)
        return Session.from_number(int(stored)) if stored else None

    def await_session(self, phase: Phase, day: date = MONDAY, seconds: float = 60) -> float:
        """Wait until the boards show a session. Returns the seconds waited."""
        began = time.monotonic()
        eventually(lambda: self.session() == Session(day, phase), seconds, f"{phase.name} of {day} is shown")
        return time.monotonic() - began

    def is_exact(self) -> bool:
        """Whether boards, rows and open prices are the oracle's at this moment."""
        oracle, redis = expected_of_many(self.sent), self.harness.boards
        stored = rows(redis, oracle.rows)
        return scores(redis) == oracle.boards and opens(redis) == oracle.opens and stored == oracle.rows


@contextmanager
def trading_day(clock: str, symbols: int) -> Iterator[Day]:
    """A fresh Redis whose clock shows this time, and the settings of a live market."""
    with tempfile.TemporaryDirectory() as folder:
        moved_clock = MovedClock(Path(folder))
        os.environ |= moved_clock.environment()
        moved_clock.set(clock)
        with running_harness(fast=True, symbols=symbols) as harness:
            os.environ["MARKET_CLOCK"] = "wall"
            yield Day(harness, moved_clock, symbols)
