"""``python -m bench.profiles``: the seconds and the memory that volume profiles of many days take.

It makes gzipped files of minute bars as the market trades: the activity of symbols falls by a power law, and
that of a day is high after the open and before the close, low before and after. Then ``python -m history
profile`` reads them, as a process of its own, and stores profiles in a Redis of this run's own.
"""

import os
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Annotated

import duckdb
import typer
from rich.console import Console

from bench.bars import DAY
from bench.child import ROOT
from bench.own_redis import own_redis
from deploy.ending import end_as_by_ctrl_c
from leaderboard.sessions import Phase, Session, trading_days_before

# How active each minute from 04:00 to 20:00 is: 330 before the open, 390 until the close, 240 after it.
_MINUTES = """
    SELECT minute, CASE
        WHEN minute < 330 THEN 0.02 + 0.10 * minute / 330
        WHEN minute < 720 THEN 0.35 + 0.90 * pow(abs(minute - 525) / 195, 2)
        ELSE 0.15 * exp(-(minute - 720) / 60) END AS activity
    FROM range(960) AS minutes(minute)
"""
# A symbol has a bar in the more minutes the more active it is; the most active ones in nearly all.
_BARS = """
    SELECT ticker, ceil(symbols.activity * minutes.activity * 2000 * exp(2 * random() - 1)) AS volume,
        price AS open, price + 0.01 AS close, price + 0.02 AS high, price - 0.01 AS low,
        {start} + minute * 60000000000 AS window_start, 1 + CAST(floor(9 * random()) AS INTEGER) AS transactions
    FROM (
        SELECT 'S' || lpad(CAST(n AS VARCHAR), 5, '0') AS ticker, 25 * pow(n + 1, -0.75) AS activity,
            2 + n % 300 AS price
        FROM range({symbols}) AS symbols(n)
    ) AS symbols, minutes
    WHERE random() < 1 - exp(-12 * symbols.activity * minutes.activity)
    ORDER BY ticker, window_start
"""


def main(
    days: Annotated[int, typer.Option(help="Trading days, a file each.", min=1)] = 30,
    symbols: Annotated[int, typer.Option(help="Symbols of the market.", min=1)] = 11_000,
) -> None:
    """Measure how long profiles of many days take, and how much memory."""
    console = Console(highlight=False, soft_wrap=True)
    with own_redis("--appendonly", "no") as server:
        files = [_written(server.folder, day, symbols) for day in trading_days_before(DAY, days)]
        size = sum(file.stat().st_size for file in files)
        console.print(f"{days} files of {symbols:,} symbols, {size / 1e6:,.0f} MB gzipped")
        seconds, cpu, peak = _run(files, server.url())
    console.print(f"{seconds:.1f} s, {cpu:.1f} s of CPU, at most {peak / 1e6:,.0f} MB of memory")


def _written(folder: Path, day: date, symbols: int) -> Path:
    """The minutes of a day, as a file sorted as the vendor sorts them."""
    path = folder / f"{day}.csv.gz"
    start = Session(day, Phase.PRE).start * 1_000_000
    with duckdb.connect(config={"threads": 2}) as database:
        database.execute(f"CREATE TABLE minutes AS {_MINUTES}")
        bars = _BARS.format(start=start, symbols=symbols)
        database.execute(f"COPY ({bars}) TO '{path}' (FORMAT csv, HEADER, COMPRESSION gzip)")
    return path


def _run(files: list[Path], url: str) -> tuple[float, float, float]:
    """Make the profiles; returns seconds, seconds of CPU and bytes of memory at the peak."""
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "history", "profile", *map(str, files)],
        cwd=ROOT,
        env=os.environ | {"REDIS_URL": url, "MARKET_CLOCK": "wall"},
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"It ended with exit code {process.returncode}.")
    # On Linux the peak is in kilobytes.
    return time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024


if __name__ == "__main__":
    end_as_by_ctrl_c()
    typer.run(main)
