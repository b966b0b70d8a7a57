"""``python -m history candles``: the candles of a symbol on a recorded day."""

import sys
from datetime import date
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from history import options
from history.queries.candles import DayCandles, Interval
from history.queries.day_candles import day_candles
from history.queries.moments import clock_time
from history.recorded_days import history_folder, recorded_day
from leaderboard.event import is_symbol


def candles(
    symbol: Annotated[str, typer.Argument(help="The symbol, as its bars spell it.")],
    day: Annotated[
        date | None,
        typer.Option(parser=options.day, metavar="YYYY-MM-DD", help="A trading day; else the last one."),
    ] = None,
    interval: Annotated[Interval, typer.Option(help="What a candle covers.")] = Interval.ONE_MINUTE,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, as the gateway answers.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, as the gateway answers.")] = False,
) -> None:
    """Print a symbol's candles of a recorded day, of today up to some seconds ago."""
    if not is_symbol(symbol):
        raise typer.BadParameter(f"{symbol!r} is no symbol.")
    if as_json and as_csv:
        raise typer.BadParameter("--json and --csv exclude each other.")
    found = day_candles(history_folder(), symbol, recorded_day(day).date, interval)
    if as_json or as_csv:
        sys.stdout.buffer.write(found.json() + b"\n" if as_json else found.csv())
    else:
        _print(found)


def _print(found: DayCandles) -> None:
    table = Table("New York", title=f"{found.symbol}, {found.day}, {found.interval}")
    for name in ("open", "high", "low", "close", "volume", "vwap"):
        table.add_column(name, justify="right")
    for candle in found.candles:
        prices = (f"{price:,.4f}" for price in (candle.open, candle.high, candle.low, candle.close))
        table.add_row(clock_time(candle.time), *prices, f"{candle.volume:,.0f}", f"{candle.vwap:,.4f}")
    console = Console()
    console.print(table)
    for gap in found.gaps:
        span = f"{clock_time(gap.from_at)} to {clock_time(gap.to_at)}"
        console.print(f"Bars may be missing from {span}: {gap.why}", markup=False)
