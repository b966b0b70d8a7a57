"""``python -m history export``: a table of a recorded day as CSV or Parquet."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from history import options
from history.archive.schema import BARS, BY_NAME
from history.database import database
from history.queries.export import Format
from history.queries.export import export as export_table
from history.recorded_days import recorded_day


def export(
    day: Annotated[date, typer.Argument(parser=options.day, metavar="DAY", help="YYYY-MM-DD.")],
    out: Annotated[Path, typer.Argument(dir_okay=False, metavar="OUT", help="The file, which is replaced.")],
    table: Annotated[str, typer.Option(help=f"One of {', '.join(BY_NAME)}.")] = BARS.name,
    format: Annotated[Format | None, typer.Option(help="Else as the file's name ends, or csv.")] = None,
    symbol: Annotated[str | None, typer.Option(help="Only this symbol's rows.")] = None,
) -> None:
    """Write a table of a recorded day to a file, sorted as the archive is."""
    if not (exported := BY_NAME.get(table)):
        raise typer.BadParameter(f"{table!r} is none of {', '.join(BY_NAME)}", param_hint="--table")
    if symbol and "symbol" not in (column.name for column in exported.columns):
        raise typer.BadParameter(f"the table {table} has no symbols", param_hint="--symbol")
    if not out.parent.is_dir():
        raise typer.BadParameter(f"{out.parent} is no folder", param_hint="OUT")
    recorded = recorded_day(day)
    by_name = Format.PARQUET if out.suffix == ".parquet" else Format.CSV
    with database() as opened:
        recorded.views(opened)
        rows = export_table(opened, exported, format or by_name, out, symbol)
    print(f"{rows:,} rows of {table} in {out}.")
