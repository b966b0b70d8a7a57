"""Bars at times of day in New York."""

from datetime import UTC, date, datetime
from typing import Any

from leaderboard.reference import PreviousDay, Profile, Reference
from leaderboard.sessions import NEW_YORK
from leaderboard.system import System

#: A trading day, a Friday.
TODAY = date(2026, 11, 20)


def at(clock: str, day: date = TODAY) -> int:
    """Unix milliseconds of a time of day."""
    return int(datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=NEW_YORK).timestamp() * 1000)


def iso(milliseconds: int) -> str:
    """A second as a request names it, of Unix milliseconds."""
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def bar(symbol: str, clock: str, day: date = TODAY, *, close: float = 10.0, **fields: Any) -> dict[str, Any]:
    """A second's bar; its volume is 100 and its accumulated volume rises with the time of day."""
    start = at(clock, day)
    made = {
        "sym": symbol,
        "s": start,
        "e": start + 1000,
        "o": close,
        "c": close,
        "h": close,
        "l": close,
        "vw": close,
    }
    return made | {"v": 100, "av": start % 86_400_000 // 1000} | fields


def trade_three(system: System) -> None:
    """Send bars of three symbols that filters and sorting distinguish. The last has no reference data."""
    known = {
        "AAPL": Reference(PreviousDay(close=10.0), Profile(avg_volume=1_000, free_float=5e6)),
        "MSFT": Reference(PreviousDay(close=40.0), Profile(avg_volume=100, free_float=5e7)),
    }
    system.reference.learn(TODAY, known)
    system.process(
        [
            bar("AAPL", "09:30:00", close=12.0, o=10.0, av=2_000),
            bar("MSFT", "09:30:01", close=44.0, o=40.0, av=1_000),
            bar("NEW", "09:30:02", close=3.15, o=3.0, av=500),
        ]
    )
