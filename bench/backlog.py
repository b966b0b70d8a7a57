"""``python -m bench.backlog``: how soon the boards catch up with a backlog, with conflation and without.

It starts a Redis and, for each way, one worker before a queue that is full of the last minutes' bars. The boards
are compared at the end: conflation must not change them.
"""

import hashlib
import os
import random
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, cast

import typer
from redis import Redis
from rich.console import Console
from rich.table import Table

from bench.lane import FAST, Lane
from config.celery import AGGS
from deploy.ending import end_as_by_ctrl_c
from deploy.redis_server import RedisServer, free_port
from leaderboard import keys
from leaderboard.boards import BOARDS
from leaderboard.store.totals import Totals

# Bars a second: a backlog of n bars spans n / _PACE seconds of market time.
_PACE = 3_000
_DATABASE = 1


@dataclass(frozen=True)
class CaughtUp:
    """How one way caught up.

    Attributes:
        seconds: until nothing was left.
        totals: what the workers counted.
        boards: digest of boards and rows.
    """

    seconds: float
    totals: Totals
    boards: str


def main(
    bars: Annotated[int, typer.Option(help="That wait.", min=1)] = 1_000_000,
    symbols: Annotated[int, typer.Option(help="Of the market.", min=1)] = 8_000,
) -> None:
    """Measure how soon the boards catch up with a backlog. The exit code is 1 if conflation changes them."""
    table = Table(title=f"A backlog of {bars:,} bars of {symbols:,} symbols, one worker", title_justify="left")
    table.add_column("")
    for column in ("seconds", "bars/s", "applied", "conflated", "overtaken", "MB in Redis before"):
        table.add_column(column, justify="right")
    with tempfile.TemporaryDirectory() as folder:
        found = set()
        # The same port for both: Celery keeps the first broker URL that it reads.
        port = free_port()
        for name, fold_after in (("conflated", "10"), ("one by one", "0")):
            server = RedisServer(Path(folder) / name, port).start()
            try:
                _fill(server, bars, symbols)
                memory = Redis.from_url(server.url()).info("memory")["used_memory"] / 1e6
                caught_up = _catch_up(server, Path(folder), fold_after)
            finally:
                server.stop()
            totals = caught_up.totals
            cells = (bars / caught_up.seconds, totals.applied, totals.folded, totals.stale, memory)
            table.add_row(name, f"{caught_up.seconds:.1f}", *(f"{each:,.0f}" for each in cells))
            found.add((caught_up.boards, totals.processed))
    console = Console(highlight=False, width=115)
    console.print(table)
    console.print("the boards are the same" if len(found) == 1 else "THE BOARDS DIFFER")
    raise typer.Exit(0 if len(found) == 1 and totals.processed == bars else 1)


def _catch_up(server: RedisServer, folder: Path, fold_after: str) -> CaughtUp:
    url = server.url()
    os.environ |= {"REDIS_URL": url, "MARKET_CLOCK": "wall", "FOLD_AFTER": fold_after}
    redis, broker = Redis.from_url(url), Redis.from_url(server.url(_DATABASE))
    # Hide the queue until the worker is up.
    broker.rename(AGGS, "aside")
    with Lane(FAST, server, _DATABASE, folder) as lane:
        lane.await_workers()
        began = time.monotonic()
        broker.rename("aside", AGGS)
        seconds = lane.await_drained() - began
    totals = Totals.parse(cast(dict[bytes, bytes], redis.hgetall(keys.TOTALS)))
    return CaughtUp(seconds, totals, _digest(redis))


def _digest(redis: Redis) -> str:
    boards = [sorted(redis.zrange(board.key, 0, -1, withscores=True)) for board in BOARDS]
    # As numbers: the script and the worker may write the same double differently.
    rows = {
        key: {name: value if name == b"symbol" else float(value) for name, value in redis.hgetall(key).items()}
        for key in sorted(redis.scan_iter(keys.row("*"), count=5_000))
    }
    return hashlib.sha256(repr((boards, [sorted(row.items()) for row in rows.values()])).encode()).hexdigest()


def _fill(server: RedisServer, bars: int, symbols: int) -> None:
    os.environ |= {"CELERY_BROKER_URL": server.url(_DATABASE)}
    from tasks import process_agg

    process_agg.delay_many(islice(_tape(bars, symbols), bars))


def _tape(bars: int, symbols: int) -> Iterator[dict[str, Any]]:
    """Bars that end with the present, :data:`_PACE` a second, symbols drawn as unevenly as in a real market."""
    rng = random.Random(1)
    # The end is the same for both ways.
    end = _END
    volume = [0] * symbols
    for n in range(bars):
        symbol, shares = int(symbols * rng.random() ** 2), rng.randrange(100, 5_000)
        volume[symbol] += shares
        price = round(rng.uniform(1, 300), 2)
        ends = end - (bars - n) // _PACE * 1000
        yield {
            "ev": "A",
            "sym": f"S{symbol:05}",
            "v": shares,
            "av": volume[symbol],
            "vw": price,
            "o": price,
            "c": round(price * rng.uniform(0.99, 1.01), 4),
            "h": price * 1.01,
            "l": price * 0.99,
            "s": ends - 1000,
            "e": ends,
        }


_END = int(time.time()) * 1000

if __name__ == "__main__":
    end_as_by_ctrl_c()
    typer.run(main)
