"""A time of the drill's choosing, in every process that it starts: its own stays true."""

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
from tests.chaos.grounds import Grounds, expected_of_many, grounds
from tests.support.boards import opens, rows, scores
from tests.support.market import at, bar
from tests.support.waiting import eventually

#: A Monday on which the exchange opens, and the day after it.
MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)


def library() -> Path | None:
    """The library that moves a process's clock, where Debian's `faketime` is installed."""
    return next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))), None)


class Timepiece:
    """Sets the clocks of processes, each by what it differs from the drill's time.

    Args:
        folder: where it keeps what the processes read their time from.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ahead = 0.0
        self._skews: set[float] = set()

    def environment(self, skew: float = 0) -> dict[str, str]:
        """What a process is to be started with whose clock is so many seconds ahead.

        Raises:
            RuntimeError: there is nothing to move clocks with.
        """
        preloaded = library()
        if preloaded is None:
            raise RuntimeError("not run: needs libfaketime, Debian's package faketime")
        self._skews.add(skew)
        self._write(skew)
        # libc's malloc before jemalloc's, which asks for the time while the library starts: a Redis would hang.
        libc = preloaded.parent.parent / "libc.so.6"
        return {
            "LD_PRELOAD": f"{preloaded}:{libc}",
            "PYTHONPATH": str(Path(__file__).parent / "moved"),
            "FAKETIME_TIMESTAMP_FILE": str(self._file(skew)),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, clock: str, day: date = MONDAY) -> None:
        """It is that time in New York, from now on."""
        self._ahead = at(clock, day) / 1000 - time.time()
        for skew in self._skews:
            self._write(skew)

    def now(self) -> int:
        """Unix milliseconds of the drill's time."""
        return int((time.time() + self._ahead) * 1000)

    def _file(self, skew: float) -> Path:
        return self._folder / f"clock{skew:+.0f}"

    def _write(self, skew: float) -> None:
        # A process reads the old one or the new one, and nothing between them.
        draft = self._folder / "draft"
        draft.write_text(f"{self._ahead + skew:+.3f}\n")
        draft.replace(self._file(skew))


class Day:
    """A drill under the wall's clock, which it sets.

    Args:
        ground: where it takes place.
        timepiece: the clock of its processes.
        symbols: of its market.
    """

    def __init__(self, ground: Grounds, timepiece: Timepiece, symbols: int) -> None:
        self.ground = ground
        self.timepiece = timepiece
        self.sent: list[dict[str, Any]] = []
        self._symbols = symbols

    def go_to(self, clock: str, day: date = MONDAY) -> None:
        """Have that time pass, and wait until Redis knows."""
        self.timepiece.set(clock, day)
        eventually(lambda: self.off() < 1, what="Redis has that time")

    def off(self) -> float:
        """Seconds by which the time of Redis is not the drill's."""
        seconds, microseconds = self.ground.boards.time()
        return abs(seconds + microseconds / 1e6 - self.timepiece.now() / 1000)

    def trade(self, clock: str, day: date = MONDAY) -> None:
        """A bar of each symbol."""
        # Imported here: the app reads its settings from the environment when it is imported.
        from tasks import process_agg

        close = 10 + len(self.sent) % 7
        bars = [bar(f"S{n:05}", clock, day, close=close + n / 100) for n in range(self._symbols)]
        process_agg.delay_many(bars)
        self.sent += bars

    def trade_now(self, each: int = 1, ahead: float = 0.0) -> None:
        """A bar of each symbol, or of one in so many, of the second that has just ended.

        Args:
            each: one in so many.
            ahead: seconds by which the bars' clock is.
        """
        # Imported here: see above.
        from tasks import process_agg

        start = self.timepiece.now() - 1000 + round(ahead * 1000)
        count = len(self.sent)
        fields = {"s": start, "e": start + 1000, "av": start // 100 % 864_000_000}
        bars = [
            bar(f"S{n:05}", "04:00:00", MONDAY, close=10 + (count + n) % 97 / 10) | fields
            for n in range(0, self._symbols, each)
        ]
        process_agg.delay_many(bars)
        self.sent += bars

    def beat(self, name: str, **environment: str) -> None:
        """Start a beat where a clock worker runs and no other beat, and wait until it beats."""
        self.ground.boards.hdel(keys.SNAPSHOT, "attempted_at")
        self.ground.processes.beat(name, **environment)
        eventually(lambda: self.ground.boards.hexists(keys.SNAPSHOT, "attempted_at"), what=f"{name} beats")

    def settle(self) -> float:
        """Wait until all that was sent is on the boards: after how many seconds it was."""
        began = time.monotonic()
        self.ground.drain(60)
        return time.monotonic() - began

    def session(self) -> Session | None:
        """The session that the boards show."""
        held: Any = self.ground.boards.get(keys.SESSION)
        return Session.from_number(int(held)) if held else None

    def await_session(self, phase: Phase, day: date = MONDAY, seconds: float = 60) -> float:
        """Wait until the boards show a session: after how many seconds they did."""
        began = time.monotonic()
        eventually(lambda: self.session() == Session(day, phase), seconds, f"{phase.name} of {day} is shown")
        return time.monotonic() - began

    def is_exact(self) -> bool:
        """Whether boards, rows and open prices are the oracle's at this moment."""
        oracle, redis = expected_of_many(self.sent), self.ground.boards
        held = rows(redis, oracle.rows)
        return scores(redis) == oracle.boards and opens(redis) == oracle.opens and held == oracle.rows


@contextmanager
def trading_day(clock: str, symbols: int) -> Iterator[Day]:
    """A fresh Redis, that takes this time for its own, and the settings of a live market."""
    with tempfile.TemporaryDirectory() as folder:
        timepiece = Timepiece(Path(folder))
        os.environ |= timepiece.environment()
        timepiece.set(clock)
        with grounds(fast=True, symbols=symbols) as ground:
            os.environ["MARKET_CLOCK"] = "wall"
            yield Day(ground, timepiece, symbols)
