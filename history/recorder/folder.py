"""The folder of histories, as the one process that writes there needs it."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from history.archive.day import days
from history.archive.parquet import scan
from history.archive.part import Kind, remove_temporary, sync
from history.archive.schema import ANCHORS
from history.errors import HistoryError
from leaderboard.tape.entries import Anchor


@contextmanager
def only_writer(history: Path) -> Iterator[None]:
    """Be the only process that writes there, and remove what writers that died have left.

    Raises:
        HistoryError: another process writes there.
        OSError: the folder cannot be made or written to.
    """
    history.mkdir(parents=True, exist_ok=True)
    sync(history.parent)
    with (history / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise HistoryError(f"Another recorder writes to {history}.") from None
        _clean(history)
        yield


def _clean(history: Path) -> None:
    for leftover in (*history.glob(".merging"), *history.glob(".pruned-*")):
        shutil.rmtree(leftover, ignore_errors=True)
    for day in days(history):
        remove_temporary(day.folder)


def newest_anchor(history: Path) -> Anchor | None:
    """The last entry that is on disk; None: there is none.

    Raises:
        duckdb.Error: a file cannot be read.
    """
    # The day of the highest position, which need not be the newest day: an old one may have been replayed since.
    parts = [(part, day) for day in days(history) for part in day.parts() if part.kind is not Kind.STATE]
    if not parts:
        return None
    part, day = max(parts, key=lambda each: each[0].last)
    with duckdb.connect(config={"threads": 1}) as connection:
        query = f"SELECT position, revision, session, written_at FROM {scan(ANCHORS, day.files(ANCHORS, [part]))}"
        found = connection.execute(f"{query} ORDER BY position DESC LIMIT 1").fetchone()
    return Anchor(*found) if found else None
