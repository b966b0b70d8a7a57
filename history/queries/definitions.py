"""The definitions of the screens that were published at a moment."""

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from history.archive.day import days
from history.fold.recorded_day import RecordedDay, Tick
from history.queries.connection import connection
from leaderboard.screens import definition
from leaderboard.screens.screen import Screen


def screen_ticks(folder: Path, recorded: RecordedDay) -> list[Tick]:
    """All ticks of a day's screens, each with the definitions that were published at it.

    Args:
        folder: where history is recorded.
        recorded: the day.
    """
    ticks = recorded.ticks("screens")
    published = definitions_at(folder, recorded, ticks[0].position) if ticks else None
    defined = []
    for tick in ticks:
        published = tick.definitions if tick.definitions is not None else published
        defined.append(replace(tick, definitions=published))
    return defined


@lru_cache(maxsize=100)
def screens_of(definitions: str | None) -> tuple[Screen, ...]:
    """The screens of published definitions; none if nothing was published."""
    return tuple(map(Screen.of, definition.decode((definitions or "").encode())))


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
