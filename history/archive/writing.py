"""Writes what the tape said as parts of a day."""

from pathlib import Path

from history.archive.parquet import write_arrays
from history.archive.part import Kind, Part, hour_of, write
from history.archive.rows import Rows
from history.archive.schema import BY_NAME
from history.database import connect

#: Of DuckDB for a part, which has a few seconds of bars.
MEMORY = "100MB"


class PartWriter:
    """Writes parts. Not to be shared between threads.

    Args:
        history: the folder of all days.
    """

    def __init__(self, history: Path) -> None:
        self._history = history
        self._connection = connect(MEMORY)

    def write(self, day: str, rows: Rows, *, first: int, last: int, at: int) -> Part:
        """Write a part of entries; when this returns it is safe on disk.

        Args:
            day: the trading day, ``YYYY-MM-DD``.
            rows: by table.
            first, last: the positions that it covers: from the one after the part before to the last entry.
            at: when the last entry was written, Unix milliseconds.

        Raises:
            OSError, duckdb.Error: it could not be written, and nothing of it is left.
        """
        return self._write(day, rows, Part(hour_of(at), first, last, Kind.PART))

    def write_state(self, day: str, rows: Rows, position: int, at: int) -> Part:
        """Write a state that was read from Redis, and the gap that ends with it, as :meth:`write` does.

        Args:
            day, rows: as of :meth:`write`.
            position: of the state.
            at: when it was read, Unix milliseconds.
        """
        return self._write(day, rows, Part(hour_of(at), position, position, Kind.STATE))

    def _write(self, day: str, rows: Rows, part: Part) -> Part:
        def write_files(folder: Path) -> None:
            for name, arrays in rows.items():
                write_arrays(self._connection, BY_NAME[name], arrays, folder / BY_NAME[name].file)

        write(self._history / day, part, write_files)
        return part
