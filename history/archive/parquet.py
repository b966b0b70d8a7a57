"""Writes Parquet by DuckDB: the docs' page on history says how it compares with others."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from history.archive.schema import Table

#: The columns of a table's rows, by name: :attr:`history.archive.schema.Column.dtype` says of which type.
Arrays = Mapping[str, npt.NDArray[Any]]

#: Rows of which Parquet keeps the least and the greatest values: a symbol's candles are read from few such groups.
ROW_GROUP = 16_384
_FORMAT = f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP})"


def write_arrays(connection: duckdb.DuckDBPyConnection, table: Table, arrays: Arrays, path: Path) -> None:
    """Write rows to a file, sorted as the table is.

    Raises:
        duckdb.Error: it cannot be written.
    """
    columns = {column.name: np.asarray(arrays[column.name], column.dtype) for column in table.columns}
    connection.register("written", columns)
    try:
        written = ", ".join(column.written for column in table.columns)
        _copy(connection, f"SELECT {written} FROM written ORDER BY {table.file_order_by}", path)
    finally:
        connection.unregister("written")


def merge_files(connection: duckdb.DuckDBPyConnection, table: Table, files: Sequence[Path], path: Path) -> None:
    """Write the rows of several files to one, sorted as the table is.

    Raises:
        duckdb.Error: it cannot be written.
    """
    _copy(connection, f"SELECT * FROM {scan(table, files)} ORDER BY {table.file_order_by}", path)


def scan(table: Table, files: Iterable[Path]) -> str:
    """SQL of the rows of files, in the order of the table's columns."""
    names = ", ".join(quoted(file) for file in files)
    columns = ", ".join(column.quoted for column in table.columns)
    if not names:
        nothing = ", ".join(f"NULL::{column.sql} AS {column.quoted}" for column in table.columns)
        return f"(SELECT {nothing} WHERE false)"
    return f"(SELECT {columns} FROM read_parquet([{names}]))"


def _copy(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    connection.execute(f"COPY ({query}) TO {quoted(path)} {_FORMAT}")


def quoted(path: Path) -> str:
    """A path as SQL writes it."""
    return "'" + str(path).replace("'", "''") + "'"
