"""A cache of what queries read again and again of a day's files. It is never stale: a file never changes."""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
from numpy.typing import NDArray

from history.archive.parquet import quoted

# The ticks of an hour take 120 kB, the rows of other tables next to nothing: at most some 30 MB.
_MOST_FILES = 256

Columns = Mapping[str, NDArray[Any]]


def remembered(connection: duckdb.DuckDBPyConnection, file: Path, columns: str, rest: str = "") -> Columns:
    """Columns of a file, which nobody may change.

    Args:
        connection: reads the file.
        file: of a part.
        columns: SQL of the columns, none of which has nulls.
        rest: SQL of which rows, and in which order.

    Raises:
        OSError, duckdb.Error: it cannot be read.
    """
    status = file.stat()
    return _read(connection, file, columns, rest, status.st_ino, status.st_mtime_ns)


def remembered_rows(
    connection: duckdb.DuckDBPyConnection, files: Iterable[Path], columns: str, rest: str = ""
) -> Iterator[tuple[Any, ...]]:
    """The rows of some files, one file after the other: see :func:`remembered`."""
    for file in files:
        found = remembered(connection, file, columns, rest)
        yield from zip(*(column.tolist() for column in found.values()), strict=True)


@lru_cache(_MOST_FILES)
def _read(
    connection: duckdb.DuckDBPyConnection, file: Path, columns: str, rest: str, inode: int, modified: int
) -> Columns:
    # A part may have been replaced by another one of its name: the inode and the time tell them apart.
    return connection.execute(f"SELECT {columns} FROM read_parquet({quoted(file)}) {rest}").fetchnumpy()
