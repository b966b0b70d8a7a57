"""Profiles of recorded days are means of the accumulated volumes that their bars tell."""

from datetime import date
from pathlib import Path
from struct import unpack

import pytest

from history.archive.day import days
from history.archive.rows import arrays_of
from history.archive.schema import GAPS
from history.archive.writing import PartWriter
from history.database import database
from history.errors import HistoryError
from history.profiles.recorded import make_recorded_profiles
from history.profiles.volume_profiles import MadeProfiles
from leaderboard.sessions import Phase, Session
from leaderboard.tape.bars import pack
from leaderboard.tape.entries import Bars
from leaderboard.tape.entries import unpack as unpack_bars
from leaderboard.validation import validate
from tests.support.history.days import recorded
from tests.support.market import at, bar

WEDNESDAY, FRIDAY, MONDAY = date(2026, 11, 18), date(2026, 11, 20), date(2026, 11, 23)
HOLIDAY, EARLY_CLOSE = date(2026, 11, 26), date(2026, 11, 27)


def traded(history: Path, day: date, *bars: tuple[str, str, float], outcomes: str = "") -> None:
    """Record a day of bars: symbol, time of its start, accumulated volume."""
    payloads = [bar(symbol, clock, day, av=volume) for symbol, clock, volume in bars]
    events, _ = validate(payloads, now=0, texts=(), allow_future=True)
    session = Session(day, Phase.REGULAR).number
    made = unpack_bars(pack(events))
    symbols = [event.symbol for event in events]
    recorded(
        history, Bars(len(made), 1, session, at("20:00:00", day), symbols, outcomes or "A" * len(made), {}, made)
    )


def profiles(history: Path, before: date = MONDAY) -> MadeProfiles:
    with database() as opened:
        return make_recorded_profiles(opened, days(history), before, lambda _: None)


def means(made: MadeProfiles, symbol: str) -> dict[int, float]:
    """The mean volumes of a symbol where they change: by the number of five minutes since 04:00."""
    every = unpack("<193d", made.profiles[symbol].means)
    return {n: mean for n, (before, mean) in enumerate(zip((0.0, *every), every, strict=False)) if mean != before}


def test_means_of_the_accumulated_volume(tmp_path: Path) -> None:
    # Given two days: late bars, one that came twice, one that was refused, and bars of the night before
    traded(tmp_path, WEDNESDAY, ("A", "09:31:00", 300), ("A", "09:30:00", 100), ("A", "09:31:00", 300))
    traded(
        tmp_path,
        FRIDAY,
        ("A", "09:34:59", 500),
        ("A", "09:36:00", 100),
        ("A", "10:00:00", 700),
        ("B", "03:00:00", 9),
        ("B", "09:30:00", 8),
        outcomes="AAALB",
    )
    # When profiles are made
    made = profiles(tmp_path)
    # Then they are the means of the greatest volume by each time: 09:35 is the 67th five minutes after 04:00
    assert made.days == [FRIDAY, WEDNESDAY]
    assert made.profiles.keys() == {"A"}
    assert means(made, "A") == {67: (300 + 500) / 2, 73: (300 + 700) / 2}


def test_days_that_do_not_count(tmp_path: Path) -> None:
    # Given a holiday, an early close, a day that is not over, a day with a gap, and one with a gap at night
    for day in (WEDNESDAY, FRIDAY, MONDAY, HOLIDAY, EARLY_CLOSE):
        traded(tmp_path, day, ("A", "09:30:00", 100))
    gap(tmp_path, WEDNESDAY, at("09:00:00", WEDNESDAY), at("09:10:00", WEDNESDAY))
    gap(tmp_path, FRIDAY, at("20:00:00", FRIDAY), at("23:00:00", FRIDAY))
    # When profiles are made
    made = profiles(tmp_path, before=date(2026, 11, 28))
    # Then the reasons are named
    assert made.days == [MONDAY, FRIDAY]
    assert made.left_out == {
        WEDNESDAY: "has a gap",
        HOLIDAY: "is no trading day",
        EARLY_CLOSE: "closes early, at 13:00",
    }
    # And without any day it is an error
    with pytest.raises(HistoryError, match="There is no day to make profiles of: 2026-11-18 has a gap"):
        profiles(tmp_path, before=WEDNESDAY.replace(day=19))


def gap(history: Path, day: date, from_at: int, to_at: int) -> None:
    row = {"from_position": 5, "from_at": from_at, "to_position": 6, "to_at": to_at, "why": "It was switched off."}
    PartWriter(history).write(f"{day}", {GAPS.name: arrays_of(GAPS, [row])}, first=6, last=6, at=to_at)
