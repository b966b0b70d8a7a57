"""``python -m history ranks``: a symbol's rank on each board over a recorded day."""

import csv
import json
import sys
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from history import options
from history.queries.moments import clock_time
from history.queries.ranks import RanksAt, SymbolRanks
from history.recorded_days import recorded_day
from leaderboard.boards import BOARDS
from leaderboard.event import is_symbol


def ranks(
    symbol: Annotated[str, typer.Argument(help="The symbol, as its bars spell it.")],
    day: Annotated[
        date | None,
        typer.Option(parser=options.day, metavar="DAY", help="YYYY-MM-DD; else the last recorded day."),
    ] = None,
    each_tick: Annotated[
        bool, typer.Option("--each-tick", help="At each second at which a rank has changed; else each minute.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON; times in Unix milliseconds.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV; times in Unix milliseconds.")] = False,
) -> None:
    """Print where a symbol stood on each board over a recorded day, exact below the last published row too."""
    if not is_symbol(symbol):
        raise typer.BadParameter(f"{symbol!r} is no symbol.")
    if as_json and as_csv:
        raise typer.BadParameter("--json and --csv exclude each other.")
    recorded = recorded_day(day)
    title = f"{symbol}, {recorded.date}"
    found = [*_read(SymbolRanks(recorded, symbol, each_tick=each_tick), title)]
    if as_json:
        typer.echo(json.dumps([_entry(each) for each in found]))
    elif as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(("at", *(board.name for board in BOARDS)))
        writer.writerows((each.published_at, *_places(each)) for each in found)
    else:
        _print(found, title)


def _read(symbol_ranks: SymbolRanks, title: str) -> Iterator[RanksAt]:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(title, total=symbol_ranks.ticks)
        yield from symbol_ranks.read(lambda: progress.advance(task))


def _entry(at: RanksAt) -> dict[str, object]:
    return {"at": at.published_at, **{board: rank._asdict() for board, rank in at.ranks.items()}}


def _places(at: RanksAt) -> Iterator[int | None]:
    """The rank on each board; None: it is not on it."""
    return (at.ranks[board.name].rank if board.name in at.ranks else None for board in BOARDS)


def _print(found: Sequence[RanksAt], title: str) -> None:
    table = Table("New York", title=title)
    for board in BOARDS:
        table.add_column(board.name, justify="right")
    for each in found:
        table.add_row(clock_time(each.published_at), *(f"{place:,}" if place else "" for place in _places(each)))
    Console(highlight=False).print(table)
