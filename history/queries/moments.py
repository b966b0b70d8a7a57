"""Days and seconds of the past, as people and programs write them."""

import re
from datetime import date, datetime

from leaderboard.event import EARLIEST_TIMESTAMP, LATEST_TIMESTAMP
from leaderboard.sessions import NEW_YORK

# In a URL, a plus sign that is not escaped means a space.
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)(?:(Z)|([-+ ])(\d\d:\d\d))?")

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_YEARS = range(2000, 2100)


def parse_day(text: str) -> date:
    """A day.

    Args:
        text: as ``2026-11-20``.

    Raises:
        ValueError: it is none; the text is a sentence.
    """
    if not _DAY.fullmatch(text):
        raise ValueError("a date as YYYY-MM-DD is expected")
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"there is no such date: {error}") from None
    if day.year not in _YEARS:
        raise ValueError("a date from 2000 to 2099 is expected")
    return day


def parse_moment(text: str) -> int:
    """A moment in Unix milliseconds.

    Args:
        text: ISO 8601 with date and time: ``2026-11-20T09:31:07-05:00``, ``...Z``, or without an offset: New York.

    Raises:
        ValueError: it is none; the text is a sentence.
    """
    found = _MOMENT.fullmatch(text)
    if not found:
        raise ValueError(
            "a date and a time are expected, as 2026-11-20T09:31:07-05:00, or without offset in New York"
        )
    day, clock, utc, sign, offset = found.groups()
    suffix = "+00:00" if utc else f"{sign.replace(' ', '+')}{offset}" if sign else ""
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}{suffix}")
    except ValueError as error:
        raise ValueError(f"there is no such time: {error}") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=NEW_YORK)
    milliseconds = int(moment.timestamp() * 1000)
    if not EARLIEST_TIMESTAMP <= milliseconds < LATEST_TIMESTAMP:
        raise ValueError("a time from 2000 to 2099 is expected")
    return milliseconds


def clock_time(at: int) -> str:
    """The time of day in New York, as ``09:31:07``.

    Args:
        at: Unix milliseconds.
    """
    return f"{datetime.fromtimestamp(at / 1000, NEW_YORK):%H:%M:%S}"
