"""``python -m tests.candles_proof DATA``: candles of a replayed day beside what DuckDB makes of the day's file.

A day of real one-second bars goes through a feed, a real worker, the tape and a recorder onto the disk. Then every
candle of its four symbols, as ``python -m history candles`` prints it, is compared with a query over the file. The
exit code is 1 if any two differ.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import duckdb
import typer
from rich.console import Console
from rich.table import Table

from history.queries.candles import Interval
from tests.replay_proof import DAY, EVE, Replayed, replayed
from tests.support.history.recording import await_recording, await_stored

# Of the table, in characters.
_WIDTH = 100
#: The file's rows, each once, as candles: time is the begin of the interval, Unix milliseconds.
CANDLES = """
SELECT ticker, window_start // 1000000 // {interval} * {interval} AS time, arg_min(open, window_start) AS open,
    max(high) AS high, min(low) AS low, arg_max(close, window_start) AS close, sum(volume)::DOUBLE AS volume
FROM (SELECT DISTINCT * FROM read_csv('{file}')) GROUP BY ALL ORDER BY ALL
"""

#: Time, open, high, low, close and volume of each candle, by symbol.
Candles = dict[str, list[tuple[float, ...]]]


def by_duckdb(file: Path, interval: Interval) -> Candles:
    """The candles of a file."""
    candles: Candles = {}
    query = CANDLES.format(file=file, interval=interval.milliseconds)
    for symbol, *values in duckdb.execute(query).fetchall():
        candles.setdefault(symbol, []).append(tuple(values))
    return candles


def recorded(system: Replayed, symbols: Iterable[str], interval: Interval) -> Candles:
    """The candles of the recorded day, as the command prints them."""
    names = ("time", "open", "high", "low", "close", "volume")
    return {
        symbol: [
            tuple(candle[name] for name in names)
            for candle in json.loads(system.run("history", "candles", symbol, "--interval", interval, "--json"))[
                "candles"
            ]
        ]
        for symbol in symbols
    }


def record(system: Replayed, eve: Path, day: Path) -> None:
    """Replay a day while a recorder runs, until all is on disk."""
    system.processes.start("recorder", "history", "record")
    await_recording(system.redis)
    system.run("feeds", "replay", str(day), "--previous", str(eve), "--speed", "max")
    await_stored(system.redis)


def prove(system: Replayed, day: Path, table: Table) -> bool:
    """Compare the candles of each interval, a line of the table a symbol. Returns whether all are equal."""
    equal = True
    for interval in Interval:
        of_file = by_duckdb(day, interval)
        stored = recorded(system, of_file, interval)
        for symbol, candles in of_file.items():
            same = candles == stored[symbol]
            equal &= same
            counts = f"{len(candles):,}", f"{len(stored[symbol]):,}"
            table.add_row(interval, symbol, *counts, "=" if same else "DIFFERS")
        table.add_section()
    return equal


def main(data: Annotated[Path, typer.Argument(help="The folder of market data.", envvar="MARKET_DATA")]) -> None:
    """Record a replayed day, and compare its candles with those of its file."""
    eve, day = (data / "bars" / f"{name}.csv.gz" for name in (EVE, DAY))
    table = Table("interval", "symbol", title=f"Candles of {day.name}")
    for column in ("of the file", "of history", ""):
        table.add_column(column, justify="right")
    with replayed() as system:
        record(system, eve, day)
        equal = prove(system, day, table)
    # A fixed width: in a narrow terminal or a file, rich would cut names and digits off.
    Console(width=_WIDTH).print(table)
    raise typer.Exit(0 if equal else 1)


if __name__ == "__main__":
    typer.run(main)
