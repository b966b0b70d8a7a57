"""Merges parts, so that a day is few files, each sorted as its table is.

What is to be done follows from the names of the parts alone: a process that dies on the way leaves nothing to put
right. The parts that were merged stay for :data:`history.archive.day.GRACE` seconds, and readers ignore them.
"""

import time
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from history.archive.day import GRACE, Day
from history.archive.parquet import merge_files
from history.archive.part import Kind, Part, parts_in, remove, uncovered, write
from history.archive.schema import TABLES
from history.database import connect

#: So many parts of the present hour are merged together.
FAN = 24
#: Of DuckDB; what does not fit into it goes to the disk. It is enough for so many bars, 11,000,000 as measured.
MEMORY, MOST_BARS = "100MB", 10_000_000


class Merge(NamedTuple):
    """Parts that are to become one."""

    parts: Sequence[Part]
    merged: Part


def next_merge(parts: Sequence[Part], hour: str) -> Merge | None:
    """The next merge of a day; None: there is nothing to do.

    Args:
        parts: those that readers read.
        hour: the present one, as parts name it; earlier ones are over.
    """
    of_entries = [part for part in parts if part.kind is not Kind.STATE]
    for of_hour, each in groupby(of_entries, key=lambda part: part.hour):
        group = [*each]
        if of_hour >= hour:
            kind, groups = Kind.MERGED, [_newest(group)]
        else:
            kind, groups = Kind.HOUR, _bounded(group)
        for merged in groups:
            if len(merged) > 1:
                return Merge(merged, Part(of_hour, merged[0].first, merged[-1].last, kind))
    return None


def _bounded(parts: Sequence[Part]) -> list[list[Part]]:
    """Parts in groups of at most :data:`MOST_BARS`: positions count bars."""
    groups: list[list[Part]] = []
    for part in parts:
        if groups and part.last - groups[-1][0].first < MOST_BARS:
            groups[-1].append(part)
        else:
            groups.append([part])
    return groups


def _newest(parts: Sequence[Part]) -> list[Part]:
    """The parts behind the last merged one, if there are enough of them."""
    small = [part for part in parts if part.kind is Kind.PART]
    return small if len(small) >= FAN else []


class Merger:
    """Merges the parts of days. For one thread.

    Args:
        history: the folder of all days.
    """

    def __init__(self, history: Path) -> None:
        self._temporary = history / ".merging"
        self._connection = connect(MEMORY, temporary=self._temporary)

    def step(self, day: Path, hour: str) -> bool:
        """Do the next merge of a day, and remove what was merged some time ago.

        Args:
            day: its folder, in which no other process writes.
            hour: as of :func:`next_merge`.

        Returns:
            Whether there may be more to do.

        Raises:
            OSError, duckdb.Error: it could not be done, as when the disk is full. All parts are as before.
        """
        found = parts_in(day)
        seen = uncovered(found)
        self._remove_merged(day, found, seen)
        merge = next_merge(seen, hour)
        if merge is None:
            return False

        def write_files(folder: Path) -> None:
            for table in TABLES:
                if files := Day(day).files(table, merge.parts):
                    merge_files(self._connection, table, files, folder / table.file)

        write(day, merge.merged, write_files)
        return True

    def interrupt(self) -> None:
        """Have a merge that is under way fail soon. Any thread may call it."""
        self._connection.interrupt()

    def close(self) -> None:
        self._connection.close()

    def _remove_merged(self, day: Path, found: Sequence[Part], seen: Sequence[Part]) -> None:
        """Remove the covered parts that no reader reads any more."""
        covering = [part for part in seen if time.time() - (day / part.name).stat().st_mtime >= GRACE]
        for part in {*found} - {*seen}:
            if any(each.first <= part.first and part.last <= each.last for each in covering):
                remove(day, part)
