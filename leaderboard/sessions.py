"""Trading days and sessions: pure functions over a timestamp and the NYSE's calendar.

A trading day starts at 04:00 in New York and lasts until the next trading day's 04:00, so nights, weekends and
holidays belong to the day before them. Its regular session starts at 09:30.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import IntEnum
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

from holidays import financial_holidays

NEW_YORK = ZoneInfo("America/New_York")
DAY_START = time(4, 0)
OPEN = time(9, 30)

_HOLIDAYS = financial_holidays("NYSE")
_MINUTE = 60_000


class Phase(IntEnum):
    """The part of a trading day; the later one is the greater."""

    PRE = 0
    REGULAR = 1


@dataclass(frozen=True, order=True)
class Session:
    """One session of one trading day; the later one is the greater."""

    day: date
    phase: Phase

    @cached_property
    def number(self) -> int:
        """``YYYYMMDD`` and the phase's digit: an integer that rises from session to session."""
        return self.day_number * 10 + self.phase

    @cached_property
    def day_number(self) -> int:
        """``YYYYMMDD``."""
        return self.day.year * 10_000 + self.day.month * 100 + self.day.day

    @cached_property
    def start(self) -> int:
        """Unix milliseconds of its first instant."""
        starts = DAY_START if self.phase is Phase.PRE else OPEN
        return int(datetime.combine(self.day, starts, NEW_YORK).timestamp() * 1000)

    @classmethod
    def from_number(cls, number: int) -> "Session":
        """The session that has this :attr:`number`."""
        day, phase = divmod(number, 10)
        return cls(date(day // 10_000, day // 100 % 100, day % 100), Phase(phase))


def is_trading_day(day: date) -> bool:
    return day.weekday() < 5 and day not in _HOLIDAYS


def next_trading_day(day: date) -> date:
    """The first trading day after `day`."""
    day += timedelta(days=1)
    while not is_trading_day(day):
        day += timedelta(days=1)
    return day


def trading_days_before(day: date, count: int) -> list[date]:
    """The last `count` trading days before `day`, the oldest first."""
    days: list[date] = []
    while len(days) < count:
        day -= timedelta(days=1)
        if is_trading_day(day):
            days.append(day)
    return days[::-1]


def session_of(timestamp: int) -> Session:
    """The session in which an instant lies.

    Args:
        timestamp: Unix milliseconds.
    """
    # Sessions change on the minute, so a minute's answer serves all its instants.
    return _session_of_minute(timestamp // _MINUTE)


@lru_cache(maxsize=4096)
def _session_of_minute(minute: int) -> Session:
    local = datetime.fromtimestamp(minute * 60, NEW_YORK)
    day = local.date()
    if is_trading_day(day) and local.time() >= DAY_START:
        return Session(day, Phase.REGULAR if local.time() >= OPEN else Phase.PRE)
    day -= timedelta(days=1)
    while not is_trading_day(day):
        day -= timedelta(days=1)
    return Session(day, Phase.REGULAR)
