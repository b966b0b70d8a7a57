"""The recorded days of this deployment."""

from datetime import date
from pathlib import Path

from config.settings import settings
from history.archive.day import Day, days
from history.archive.schema import BARS
from history.errors import HistoryError, NothingRecordedError


def history_folder() -> Path:
    """The folder of history.

    Raises:
        HistoryError: none is set.
    """
    if (folder := settings().history_dir) is None:
        raise HistoryError("HISTORY_DIR is not set: it names the folder in which the recorder keeps history.")
    return folder


def recorded_days() -> list[Day]:
    """The days of which something is recorded, the oldest first.

    Raises:
        HistoryError: no folder is set.
    """
    return [day for day in days(history_folder()) if day.parts()]


def recorded_day(day: date | None = None) -> Day:
    """A day of which something is recorded.

    Args:
        day: its date; None: the last one with bars. What is learned before a replay's first bar is recorded as of
            the day on which it came.

    Raises:
        NothingRecordedError: there is nothing of it; the text says which days are recorded.
        HistoryError: no folder is set.
    """
    found = recorded_days()
    if day is None and found:
        return next((each for each in reversed(found) if each.files(BARS)), found[-1])
    for each in found:
        if each.date == day:
            return each
    if day is None:
        raise NothingRecordedError(f"Nothing is recorded in {history_folder()}.")
    known = f"The recorded days are {found[0].date} to {found[-1].date}" if found else "No day is recorded"
    raise NothingRecordedError(f"Nothing is recorded of {day}. {known} in {history_folder()}.")
