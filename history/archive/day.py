"""A day in the archive, as readers see it."""

from collections.abc import Sequence
from datetime import date
from os import F_OK, access
from pathlib import Path
from typing import Protocol

from history.archive.parquet import scan
from history.archive.part import Part, parts_in, uncovered
from history.archive.schema import TABLES, Table

#: Seconds for which the parts that were merged stay there, for readers that have found them before.
GRACE = 600


class Executes(Protocol):
    """A connection to DuckDB."""

    def execute(self, query: str, /) -> object: ...


class Day:
    """A trading day's folder. It may be written to meanwhile, and parts in it merged.

    Args:
        folder: ``HISTORY_DIR/YYYY-MM-DD``; it need not exist.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def date(self) -> date:
        return date.fromisoformat(self.folder.name)

    def parts(self) -> list[Part]:
        """The parts that have the day's entries, each once, in order of their positions."""
        return uncovered(parts_in(self.folder))

    def files(self, table: Table, parts: Sequence[Part] | None = None) -> list[Path]:
        """The files with a table's rows.

        Args:
            table: one of :data:`history.archive.schema.TABLES`.
            parts: of :meth:`parts`; None: all of them. Name the same ones where several tables have to agree.
        """
        # A question asks for many files, most of which are not there: a join of paths costs more than a look.
        paths = (f"{self.folder}/{part.name}/{table.file}" for part in (self.parts() if parts is None else parts))
        return [Path(path) for path in paths if access(path, F_OK)]

    def views(self, database: Executes, *, last: int | None = None) -> None:
        """Make a view of each table, under its name, in a connection to DuckDB; those of another day are replaced.

        All of them are as the day is now: what is recorded later is not in them. They can be read for
        :data:`GRACE` seconds; then parts in them may have been merged, and DuckDB says that it finds no file.
        The columns are those of :mod:`history.archive.schema`. SQL has to quote the name ``references``.

        Args:
            database: the connection.
            last: only parts that begin at this position or before it are read.
        """
        parts = [part for part in self.parts() if last is None or part.first <= last]
        for table in TABLES:
            rows = scan(table, self.files(table, parts))
            database.execute(f'CREATE OR REPLACE TEMP VIEW "{table.name}" AS FROM {rows}')


def days(history: Path) -> list[Day]:
    """The days in a folder of histories, the oldest first; none if there is no such folder."""
    if not history.is_dir():
        return []
    return [Day(path) for path in sorted(history.iterdir()) if path.is_dir() and _is_date(path.name)]


def _is_date(name: str) -> bool:
    try:
        return date.fromisoformat(name).isoformat() == name
    except ValueError:
        return False
