"""Trading days and sessions: pure functions of a timestamp and the NYSE's calendar.

A trading day starts at 04:00 in New York and lasts until the next trading day's 04:00, so nights, weekends and
holidays belong to the day before. Its regular session starts at 09:30. Regular hours end at 16:00, or at 13:00 on
early closes. Nothing is cleared at that time, so after hours belong to the regular session.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import IntEnum, StrEnum
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

from holidays import HALF_DAY, financial_holidays

from config.settings import settings

NEW_YORK = ZoneInfo("America/New_York")
DAY_START = time(4, 0)
OPEN = time(9, 30)
CLOSE = time(16, 0)
#: The close on a day with an early close, unless the calendar tells another time.
EARLY_CLOSE = time(13, 0)
#: How long after hours last: until 20:00, or 17:00 after a close at 13:00.
AFTER_HOURS = timedelta(hours=4)

_HOLIDAYS = financial_holidays("NYSE")
# The time is in the day's name: "Christmas Eve (markets close at 1:00pm)".
_EARLY_CLOSES = financial_holidays("NYSE", categories=HALF_DAY)
_CLOSING = re.compile(r"close at (\d+):(\d\d)(am|pm)")
_MINUTE = 60_000


class Phase(IntEnum):
    """A part of a trading day. Later ones compare greater."""

    PRE = 0
    REGULAR = 1


class Hours(StrEnum):
    """The hours of a trading day. The last three belong to one session."""

    PRE = "pre"
    REGULAR = "regular"
    POST = "post"
    CLOSED = "closed"


@dataclass(frozen=True, order=True)
class Session:
    """One session of one trading day. Later ones compare greater."""

    day: date
    phase: Phase

    @cached_property
    def number(self) -> int:
        """``YYYYMMDD`` and the phase's digit: an integer that rises with each session."""
        return self.day_number * 10 + self.phase

    @cached_property
    def day_number(self) -> int:
        """``YYYYMMDD``."""
        return self.day.year * 10_000 + self.day.month * 100 + self.day.day

    @cached_property
    def start(self) -> int:
        """Unix milliseconds."""
        starts = DAY_START if self.phase is Phase.PRE else OPEN
        return int(datetime.combine(self.day, starts, NEW_YORK).timestamp() * 1000)

    @cached_property
    def day_start(self) -> int:
        """When its day starts, Unix milliseconds."""
        return int(datetime.combine(self.day, DAY_START, NEW_YORK).timestamp() * 1000)

    @cached_property
    def close(self) -> int:
        """End of its day's regular hours, Unix milliseconds."""
        return int(_close(self.day).timestamp() * 1000)

    @cached_property
    def trading_end(self) -> int:
        """End of its day's after hours, Unix milliseconds."""
        return int((_close(self.day) + AFTER_HOURS).timestamp() * 1000)

    def hours(self, instant: int) -> Hours:
        """The hours to which a moment of this session belongs.

        Args:
            instant: Unix milliseconds.
        """
        hours = self.hours_of_bar(instant)
        return Hours.CLOSED if hours is Hours.POST and instant >= self.trading_end else hours

    def hours_of_bar(self, start: int) -> Hours:
        """The hours to which a bar of this session belongs. A bar after the end of after hours is of after hours.

        Args:
            start: of the bar, Unix milliseconds.
        """
        if self.phase is Phase.PRE:
            return Hours.PRE
        return Hours.REGULAR if start < self.close else Hours.POST

    def __str__(self) -> str:
        """As operators write it: ``2026-11-30 pre``."""
        return f"{self.day} {self.phase.name.lower()}"

    @classmethod
    def from_number(cls, number: int) -> "Session":
        """The session with this :attr:`number`."""
        day, phase = divmod(number, 10)
        return cls(date(day // 10_000, day // 100 % 100, day % 100), Phase(phase))


def is_trading_day(day: date) -> bool:
    return day.weekday() < 5 and day not in _HOLIDAYS and day not in settings().market_closures


def hours_at(timestamp: int) -> Hours:
    """The hours that it is by the exchange's calendar, at `timestamp` in Unix milliseconds."""
    return session_of(timestamp).hours(timestamp)


def is_open(timestamp: int) -> bool:
    """Whether the market trades at a moment, from 04:00 to the end of after hours.

    Args:
        timestamp: Unix milliseconds.
    """
    return hours_at(timestamp) is not Hours.CLOSED


def closing_time(day: date) -> time:
    """When the regular hours of the trading day `day` end, in New York."""
    name = _EARLY_CLOSES.get(day)
    if name is None:
        return CLOSE
    if said := _CLOSING.search(name):
        hour, minute = int(said[1]) % 12, int(said[2])
        return time(hour + 12 if said[3] == "pm" else hour, minute)
    return EARLY_CLOSE


def _close(day: date) -> datetime:
    return datetime.combine(day, closing_time(day), NEW_YORK)


def next_trading_day(day: date) -> date:
    """The first trading day after `day`."""
    day += timedelta(days=1)
    while not is_trading_day(day):
        day += timedelta(days=1)
    return day


def trading_days_from(day: date) -> Iterator[date]:
    """The trading day `day`, and all that follow it."""
    while True:
        yield day
        day = next_trading_day(day)


def trading_days_before(day: date, count: int) -> list[date]:
    """The last `count` trading days before `day`, the oldest first."""
    days: list[date] = []
    while len(days) < count:
        day -= timedelta(days=1)
        if is_trading_day(day):
            days.append(day)
    return days[::-1]


def session_of(timestamp: int) -> Session:
    """The session to which a moment belongs.

    Args:
        timestamp: Unix milliseconds.
    """
    # Sessions change on full minutes, so one answer per minute is cached.
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
