"""Bars to feed the system with, at times of day in New York."""

from datetime import date, datetime
from typing import Any

from leaderboard.sessions import NEW_YORK

#: A trading day, a Friday.
TODAY = date(2026, 11, 20)


def at(clock: str, day: date = TODAY) -> int:
    """Unix milliseconds of a time of day."""
    return int(datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=NEW_YORK).timestamp() * 1000)


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
