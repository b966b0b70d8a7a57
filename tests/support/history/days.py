"""Days of the archive, made by hand."""

import os
from datetime import date
from pathlib import Path

from history.archive.day import Day
from history.archive.rows import rows_of
from history.archive.schema import BARS
from history.archive.writing import PartWriter
from leaderboard.sessions import Session
from leaderboard.tape.entries import Entry
from tests.support.market import TODAY


def recorded(history: Path, *entries: Entry, day: date | None = None) -> Day:
    """Write entries as one part of a day. The parts of a day follow one another.

    Args:
        history: the folder of all days.
        entries: in their order.
        day: whose folder they go into; None: the day of the last of them.
    """
    last = entries[-1]
    made = Day(history / f"{day or Session.from_number(last.session).day}")
    before = [part.last for part in made.parts()]
    rows = rows_of(entries, last.session)
    PartWriter(history).write(
        made.folder.name, rows, first=max(before, default=0) + 1, last=last.position, at=last.at
    )
    return made


def hang(history: Path, day: date = TODAY) -> None:
    """Have whoever reads the bars of a recorded day wait forever, as for a disk that does not answer."""
    for path in Day(history / day.isoformat()).files(BARS):
        path.unlink()
        os.mkfifo(path)
