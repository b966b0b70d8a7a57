"""``python -m history restore``: puts a recorded day back into the boards' Redis."""

from datetime import date
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from config.settings import settings
from history import options
from history.archive.summary import summary
from history.database import database
from history.queries.connection import connection
from history.queries.moments import clock_time
from history.recorded_days import recorded_day
from history.restoration.market import restore as restore_market
from history.restoration.recorded_markets import recorded_markets
from leaderboard.connections.connection import connect_shards
from leaderboard.reference.store import ReferenceStore
from leaderboard.store.sharded_store import store_over


def restore(
    day: Annotated[
        date | None,
        typer.Argument(parser=options.day, metavar="[DAY]", help="YYYY-MM-DD; else the last recorded one."),
    ] = None,
) -> None:
    """Put a recorded day back into the boards' Redis, as the last recorded bar left it.

    It restores session clock, boards, rows, quotes, records and reference data. Into a Redis that shows the day
    already they are merged; workers may go on meanwhile. Boards of another day are left alone.
    """
    recorded = recorded_day(day)
    shards = connect_shards(settings())
    store = store_over(shards, ReferenceStore(shards, has_source=lambda: False), settings())
    # If the boards' Redis is away, say so before the day is read.
    store.session()
    console = Console(highlight=False, soft_wrap=True)
    columns = TextColumn("restoring symbols"), BarColumn(), MofNCompleteColumn()
    until, references = 0, set[str]()
    with database() as opened, Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("")

        def step(symbols: int) -> None:
            progress.update(task, completed=symbols)

        for market, at in recorded_markets(recorded, connection(), opened):
            progress.update(task, completed=0, total=len(market.state["symbol"]))
            references |= restore_market(shards, store, market, step)
            until = at
    symbols = f"{len(store.symbols()):,} symbols, reference data of {len(references):,}"
    print(f"Restored {recorded.date} as it was at {clock_time(until)} ET: {symbols}.")
    for gap in summary(recorded).gaps:
        print(f"Bars may be missing from {clock_time(gap.from_at)} to {clock_time(gap.to_at)}: {gap.why}")
