"""Copies a table of a recorded day to one file."""

from enum import StrEnum
from pathlib import Path

from history.archive.schema import Table
from history.database import Database


class Format(StrEnum):
    """What the file is."""

    CSV = "csv"
    PARQUET = "parquet"


def export(database: Database, table: Table, format: Format, path: Path, symbol: str | None = None) -> int:
    """Write a table's rows in its order.

    Args:
        database: has the views of the day.
        table: whose rows.
        format: of the file.
        path: the file, which is replaced.
        symbol: only this symbol's rows; None: all.

    Returns:
        How many rows the file has.

    Raises:
        duckdb.Error: it cannot be written.
    """
    condition = f"WHERE symbol = {_quoted(symbol)}" if symbol else ""
    options = "FORMAT csv, HEADER" if format is Format.CSV else "FORMAT parquet, COMPRESSION zstd"
    temporary = path.with_name(f".{path.name}.writing")
    try:
        ((rows,),) = database.rows(f"""
            COPY (SELECT * FROM "{table.name}" {condition} ORDER BY {table.order_by})
            TO {_quoted(str(temporary))} ({options})
        """)
        # Whoever reads the file sees all of it.
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return int(rows)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
