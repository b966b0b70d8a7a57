"""One of two clock workers is killed again and again while screens are published."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from leaderboard.fields import WINDOWS
from tests.chaos.harness import Harness, running_harness
from tests.chaos.killed_clock import stream_and_kill
from tests.chaos.publications import Published, market_bars, missed_seconds
from tests.chaos.verdict import Verdict
from tests.support.screen_oracle import Screen, Ticks, as_toml, screened

Rows = list[dict[str, Any]]

#: Shows every row of the market, so that it tells what the market was at each tick.
WHOLE = Screen("dollar_volume")
#: By name. They rank by fields of every source, some with conditions that rows come to satisfy and cease to.
SCREENS = {
    "whole": WHOLE,
    "losers": Screen("pct_change_since_open", "ascending", ["close >= 9", "accumulated_volume >= 10_000"]),
    "highs": Screen("high_at", where=["close >= 0.99 * day_high"], size=100),
    "after_hours": Screen("pct_change_after_hours", hours=["post"]),
    "runners": Screen("pct_change_1m", where=["volume_1m > 0"], size=50),
    "ties": Screen("rvol_sessions", "ascending", size=30),
}
NAMES = [window.name for window in WINDOWS]


def screens(
    *, symbols: int = 500, rate: float = 3_000, seconds: float = 100, between: float = 4, spared: int = 1
) -> Verdict:
    """Kill clock workers while bars stream over the close, and compare each tick's screens with the oracle's.

    Args:
        symbols: of the market, at most 500: as many as a screen shows.
        rate: bars a second.
        seconds: for which bars stream; at most 250, since ticks are kept for five minutes.
        between: seconds between two SIGKILLs.
        spared: seconds in a row that may go without a tick.
    """
    with running_harness(fast=True, symbols=symbols) as harness:
        _declare_screens(harness)
        bars = list(market_bars(symbols, round(rate * seconds)))
        ran = stream_and_kill(harness, bars, screens=SCREENS, clock_workers=2, rate=rate, between=between)
        checked = Checked(ran.noted)
        notes = f"{len(ran.slots)} ticks in {ran.slots[-1] - ran.slots[0] + 1} seconds; {checked}"
        broken = (*_doubled(ran.noted), *missed_seconds(ran.slots, spared), *checked.wrong[:5])
        return ran.verdict(harness, bars, notes, broken)


def _declare_screens(harness: Harness) -> None:
    """Name a file of the screens to all processes that are started from now on."""
    file = harness.server.folder / "screens.toml"
    file.write_text(as_toml(SCREENS))
    os.environ["SCREENS_FILE"] = str(file)


class Checked:
    """What the oracle says of publications.

    Attributes:
        wrong: sentences about what differs.
    """

    def __init__(self, noted: Iterable[Published]) -> None:
        self.wrong: list[str] = []
        self._screens = self._known = self._unknown = 0
        past, shown, slot = Ticks(), dict[str, Rows](), 0
        for each in noted:
            if each.slot != slot:
                self._check(past, slot, shown)
                slot = each.slot
            shown[each.name] = each.rows
        self._check(past, slot, shown)

    def __str__(self) -> str:
        return f"{self._screens:,} screens and {self._known:,} windows compared, {self._unknown:,} unknown"

    def _check(self, past: Ticks, slot: int, shown: dict[str, Rows]) -> None:
        """Compare all that is shown at the end of a slot with the rows of the whole market."""
        market = {row["symbol"]: row for row in shown.get("whole", [])}
        past.note(slot, market)
        self._windows(past, slot, market)
        for name, rows in shown.items():
            oracle = [
                {**market[symbol], "rank": rank}
                for rank, symbol in enumerate(screened(SCREENS[name], market.values()), 1)
            ]
            self._screens += 1
            if rows != oracle:
                self.wrong.append(f"{name} of second {slot} is not the oracle's")

    def _windows(self, past: Ticks, slot: int, market: dict[str, dict[str, Any]]) -> None:
        for symbol, row in market.items():
            oracle = past.with_windows(slot, row)
            for name in NAMES:
                # A process that has just started may not know a window yet.
                self._known += row[name] is not None
                self._unknown += row[name] is None and oracle[name] is not None
                if row[name] is not None and row[name] != oracle[name]:
                    self.wrong.append(f"{name} of {symbol} in second {slot} is {row[name]}, not {oracle[name]}")


def _doubled(noted: Iterable[Published]) -> Iterator[str]:
    """What is wrong with the seconds in which screens were published."""
    counts = Counter((each.slot, each.name) for each in noted)
    if doubled := sum(count > 1 for count in counts.values()):
        yield f"{doubled} screens were published twice in a second"
