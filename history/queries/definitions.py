"""The definitions of the screens that were published at a moment."""

from collections.abc import Iterator
from pathlib import Path

from history.archive.day import days
from history.fold.recorded_day import RecordedDay
from history.queries.connection import connection


def definitions_at(folder: Path, recorded: RecordedDay, position: int) -> str | None:
    """The definitions, as JSON; None: no screens were published.

    The tape has them where they change, and once a minute. The last ones before may be on another day: the day
    before or, if a past day was replayed, any. If there are none, recording has just begun: the next ones count.

    Args:
        folder: where history is recorded.
        recorded: the day of the moment.
        position: of the moment, on the tape.
    """
    found = (
        recorded.definitions(position)
        or max(_elsewhere(folder, recorded, position), default=None)
        or recorded.next_definitions(position)
    )
    return found[1] if found else None


def _elsewhere(folder: Path, recorded: RecordedDay, position: int) -> Iterator[tuple[int, str]]:
    for day in days(folder):
        if day.date != recorded.day.date:
            found = RecordedDay(day, connection()).definitions(position)
            if found:
                yield found
