"""``python -m tests.replay_proof DATA``: rows after a replayed day beside what DuckDB makes of the day's file.

Two days of real one-second bars go through a real worker, the second after the first. Then each field of a row
that the day's bars decide together, or its volume, is printed twice: as Redis has it, and as a query over the file
says. The exit code is 1 if any two differ. The files have no volume-weighted price, without which nothing is worth
any dollars; so the day is replayed again from a copy of its file that has one.
"""

import json
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import duckdb
import typer
from redis import Redis
from rich.console import Console
from rich.table import Table

from deploy.redis_server import RedisServer
from tests.support.processes import Processes

# Of the tables, in characters.
_WIDTH = 100
BEFORE, EVE, DAY = "minute-2013-10-04", "second-2013-10-07", "second-2013-10-08"
#: 04:00 in New York on both days, when its clock was four hours behind UTC.
EVE_START, DAY_START = "epoch_ms(TIMESTAMP '2013-10-07 08:00:00')", "epoch_ms(TIMESTAMP '2013-10-08 08:00:00')"

BARS = """
CREATE TABLE {table} AS SELECT DISTINCT *, window_start // 1000000 + 1000 AS ends, volume::DOUBLE AS shares
FROM read_csv('{file}')
"""
# The hours of a bar are those that the file says. The volume that is usual by the end of the last bar lies between
# what had traded the day before by the full five minutes before that and by those after it.
ROWS = f"""
WITH newest AS (
    SELECT ticker, max(high) AS day_high, min(low) AS day_low,
        max(high) FILTER (session = 'pre') AS pre_high, min(low) FILTER (session = 'pre') AS pre_low,
        arg_max(close, ends) FILTER (session = 'rth') AS regular_close, arg_max(close, ends) AS close,
        arg_max(session, ends) AS hours, sum(shares) AS traded, arg_max(vwap, ends) AS vwap,
        (max(ends) - {DAY_START}) / 300000.0::DOUBLE AS place, least(floor(place), 192) AS before
    FROM today GROUP BY ticker
), usual AS (
    SELECT ticker, sum(shares) FILTER (ends <= {EVE_START} + before * 300000) AS low,
        sum(shares) FILTER (ends <= {EVE_START} + least(before + 1, 192) * 300000) AS high
    FROM eve JOIN newest USING (ticker) GROUP BY ticker
)
SELECT ticker, day_high, day_low,
    (SELECT min(ends) FROM today WHERE today.ticker = newest.ticker AND high = day_high) AS high_at,
    coalesce(pre_high, 0) AS pre_high, coalesce(pre_low, 0) AS pre_low, regular_close,
    CASE hours WHEN 'post' THEN (close - regular_close) / regular_close * 100 ELSE 0 END AS pct_change_after_hours,
    traded * vwap AS dollar_volume, traded / (usual.low + (usual.high - usual.low) * (place - before)) AS rvol,
    1 AS rvol_sessions
FROM newest JOIN usual USING (ticker) ORDER BY ticker
"""
# A bar's volume-weighted price, as good as any that lies within the bar.
WITH_PRICE = """
COPY (SELECT *, (high + low + close) / 3 AS vwap FROM read_csv('{file}')) TO '{copy}'
"""

Rows = dict[str, dict[str, float]]


class Replayed:
    """A Redis of its own with a worker, and the commands of the system on them. No recorder runs yet."""

    def __init__(self, folder: Path, server: RedisServer, history: Path) -> None:
        self.redis = Redis.from_url(server.url(0))
        self.processes = Processes(
            folder,
            REDIS_URL=server.url(0),
            CELERY_BROKER_URL=server.url(1),
            MARKET_CLOCK="events",
            HISTORY_DIR=str(history),
        )

    def run(self, *command: str) -> str:
        """Run a command of the system. Returns what it printed.

        Raises:
            SystemExit: it failed.
        """
        ended = self.processes.run(*command, seconds=1_200)
        if ended.returncode:
            raise SystemExit(f"{' '.join(command)}\n{ended.stdout}{ended.stderr}")
        return ended.stdout

    def rows(self, symbols: Iterable[str]) -> Rows:
        """The quotes of symbols, as Redis has them."""
        return {symbol: json.loads(self.redis.get(f"quote:{symbol}") or "{}") for symbol in symbols}


@contextmanager
def replayed() -> Iterator[Replayed]:
    """A fresh Redis and a worker, until the end."""
    with tempfile.TemporaryDirectory() as folder:
        server = RedisServer(Path(folder) / "redis").start()
        system = Replayed(Path(folder), server, Path(folder) / "history")
        try:
            system.processes.worker("worker", "--pool", "solo")
            yield system
        finally:
            system.processes.stop()
            server.stop()


def by_duckdb(eve: Path, day: Path) -> Rows:
    """The fields of the rows that a day's file says, with the file of the day before as volume profile."""
    database = duckdb.connect()
    database.execute(BARS.format(table="eve", file=eve))
    database.execute(BARS.format(table="today", file=day))
    if not database.execute("SELECT 1 FROM duckdb_columns() WHERE column_name = 'vwap'").fetchone():
        database.execute("ALTER TABLE today ADD COLUMN vwap DOUBLE DEFAULT 0")
    found = database.execute(ROWS)
    names = [column[0] for column in found.description or []]
    return {symbol: dict(zip(names[1:], figures, strict=True)) for symbol, *figures in found.fetchall()}


def compare(console: Console, title: str, stored: Rows, computed: Rows) -> bool:
    """Print both side by side. Returns whether they are equal, to the last bit."""
    table = Table("symbol", "field", title=title)
    for column in ("in Redis", "by DuckDB", ""):
        table.add_column(column, justify="right")
    equal = True
    for symbol, fields in computed.items():
        for name, value in fields.items():
            same = stored[symbol].get(name) == value
            equal &= same
            table.add_row(symbol, name, repr(stored[symbol].get(name)), repr(value), "=" if same else "DIFFERS")
        table.add_section()
    console.print(table)
    return equal


def prove(console: Console, eve: Path, files: Sequence[Path], before: Path) -> bool:
    """Replay files after those of the day before, and compare with the last. Returns whether all is equal."""
    with replayed() as system:
        system.run("history", "profile", str(eve))
        system.run("feeds", "replay", *map(str, files), "--previous", str(before), "--speed", "max")
        computed = by_duckdb(eve, files[-1])
        return compare(console, f"{files[-1].name} at 20:00", system.rows(computed), computed)


def main(data: Annotated[Path, typer.Argument(help="The folder of market data.", envvar="MARKET_DATA")]) -> None:
    """Replay two real days, and compare the rows with a query over the second day's file."""
    # A fixed width: in a narrow terminal or a file, rich would cut names and digits off.
    console = Console(width=_WIDTH)
    before, eve, day = (data / "bars" / f"{name}.csv.gz" for name in (BEFORE, EVE, DAY))
    with tempfile.TemporaryDirectory() as folder:
        priced = Path(folder) / f"{DAY}-with-vwap.csv"
        duckdb.execute(WITH_PRICE.format(file=day, copy=priced))
        equal = [prove(console, eve, [eve, day], before), prove(console, eve, [priced], eve)]
    raise typer.Exit(0 if all(equal) else 1)


if __name__ == "__main__":
    typer.run(main)
