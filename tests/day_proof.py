"""``python -m tests.day_proof``: a whole recorded day is verified, then with a bar that was changed by hand.

Rules of alerts are evaluated on the way; ``python -m history alerts`` has to fire the same alerts, byte for byte.

A made-up market goes second after second through the real scripts, by the functions of workers and clock workers.
The clock of Redis and of the recorder beside it goes on by a second as soon as the last second's work is done.
Then ``python -m history verify`` computes all ticks of the day anew. Then one bar's price is changed in its file,
and ``verify`` has to name the second from which that shows. The exit code is 1 if anything is not as it should be.
"""

import logging
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, cast

import duckdb
import typer
from redis import Redis
from rich.console import Console
from rich.progress import track
from rich.table import Table

from feeds.reference_refresh import ReferenceRefresh
from feeds.synthetic import Market
from history.archive.day import Day
from history.archive.parquet import ROW_GROUP
from history.archive.schema import BARS
from history.queries.boards_at import clock
from leaderboard import keys
from leaderboard.sessions import NEW_YORK
from tests.support.history.recording import await_recording, await_stored
from tests.support.market import at
from tests.support.moved_clock import MONDAY, library
from tests.support.processes import Processes
from tests.support.redis_servers.moved_redis import MovedRedis, moved_redis
from tests.support.waiting import eventually

#: Rules of every kind, which fire often in a made-up market.
RULES = """
[[alert]]
name = "runner"
when = ["pct_change >= 3", "accumulated_volume >= 10_000", "close >= 1"]
hold = 3
cooldown = 120
[[alert]]
name = "moving"
when = ["pct_change_1m > 0.5", "volume_1m > 100"]
cooldown = 60
[[alert]]
name = "new-high"
event = "new_high"
where = ["accumulated_volume >= 1_000"]
cooldown = 30
[[alert]]
name = "new-low"
event = "new_low"
hours = ["regular"]
cooldown = 0
[[alert]]
name = "above-pre"
event = "above_pre_high"
hold = 2
[[alert]]
name = "spike"
event = "spike"
[[alert]]
name = "top-ten"
event = "enters:gainers:10"
cooldown = 10
[[alert]]
name = "loser"
event = "enters:losers:5"
cooldown = 5
"""
# Of the table, in characters.
_WIDTH = 100
# Entries of the tape from which on the market waits for the recorder: about 40 minutes of the day.
_BEHIND = 10_000
# Seconds of the moved clock.
_LEASE = 3600
# Of the seconds, at least so many are published: one is lost if the machine stalls for most of a real second.
_PUBLISHED = 0.99
#: The symbol that trades most: its last bar before the middle of the ticks, and when that was first published.
MIDDLE = """
WITH most AS (SELECT arg_max(symbol, accumulated_volume) AS symbol FROM bars),
    boards AS (SELECT position, published_at FROM ticks WHERE kind = 'boards')
SELECT position, n, (SELECT min(published_at) FROM boards WHERE boards.position > bars.position)
FROM bars JOIN most USING (symbol)
WHERE outcome = 'A' AND position < (SELECT median(position) FROM boards) ORDER BY position DESC LIMIT 1
"""
CHANGED = """
COPY (SELECT * REPLACE (CASE WHEN position = {position} AND n = {n} THEN close * 2 ELSE close END AS close)
FROM '{file}') TO '{copy}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {row_group})
"""


@dataclass(frozen=True)
class Recorded:
    """What went through the system.

    Attributes:
        seconds: of the market.
        quiet: those of them in which nothing traded, so that the boards need not be published.
        applied: bars.
        alerts: that fired, as JSON, in their order.
    """

    seconds: int
    quiet: int
    applied: int
    alerts: list[str]


@dataclass(frozen=True)
class Verified:
    """What ``history verify`` said.

    Attributes:
        code: its exit code.
        text: what it printed.
        seconds: that it took.
    """

    code: int
    text: str
    seconds: float


def record(moved: MovedRedis, processes: Processes, market: Market, start: int, end: int) -> Recorded:
    """Run a market through a recorded system.

    Args:
        moved: the Redis, which is at the beginning.
        processes: starts the recorder.
        market: the market.
        start, end: Unix milliseconds, whole seconds.
    """
    # Imported here: the app reads its settings from the environment when it is imported.
    from tasks.app import system
    from tasks.boards import publish_snapshot, reset_day

    # It warns whenever the clock of Redis has moved.
    logging.getLogger("leaderboard.clock").setLevel(logging.ERROR)
    # On the same clock, so that hours end for it as they do in Redis.
    processes.start("recorder", "history", "record", **moved.clock.environment())
    await_recording(moved.client)
    reference = ReferenceRefresh(system().reference.learn, lambda: moved.clock.now() / 1000)
    quiet = applied = 0
    reference.put(MONDAY, market.reference())
    alerts = Alerts(moved.client)
    for second in track(range(start, end, 1000), "recording"):
        _wait_for_recorder(moved.client)
        _set(moved, second + 1000)
        # Has something to do twice a day. It also asks Redis for the time, which is cached for ten real seconds.
        reset_day()
        bars = market.bars(second)
        applied += system().process(bars).applied
        quiet += not bars
        reference.refresh()
        # Again, so that the slot is that of this second however long the bars took.
        _set(moved, second + 1000)
        publish_snapshot()
        alerts.read()
    await_stored(moved.client)
    return Recorded((end - start) // 1000, quiet, applied, alerts.read_so_far)


class Alerts:
    """Reads the stream of alerts, which keeps the last ones only.

    Attributes:
        read_so_far: alerts as JSON, in their order.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._next = "-"
        self.read_so_far: list[str] = []

    def read(self) -> None:
        """Read what has fired since the last call."""
        entries = cast(list[tuple[bytes, dict[bytes, bytes]]], self._redis.xrange(keys.ALERTS, self._next))
        self.read_so_far += [fields[b"alert"].decode() for _, fields in entries]
        if entries:
            self._next = f"({entries[-1][0].decode()}"


def _set(moved: MovedRedis, instant: int) -> None:
    moved.clock.set(f"{datetime.fromtimestamp(instant / 1000, NEW_YORK):%H:%M:%S}", MONDAY)


def _wait_for_recorder(redis: Redis) -> None:
    # The recorder renews its lease twice in a real second, which is too seldom for this clock.
    redis.expire(keys.RECORDER_LEASE, _LEASE)
    eventually(lambda: redis.xlen(keys.TAPE) <= _BEHIND, what="the recorder is not far behind")


def verify(processes: Processes) -> Verified:
    """Verify the whole day."""
    began = time.monotonic()
    ended = processes.run("history", "verify", MONDAY.isoformat(), seconds=1_200)
    text = ended.stdout if ended.returncode in (0, 1) else ended.stdout + ended.stderr
    return Verified(ended.returncode, text, time.monotonic() - began)


def alerts_of_history(processes: Processes, rules: Path) -> list[str]:
    """What the same rules fire over the recorded day, as JSON."""
    day = MONDAY.isoformat()
    ended = processes.run("history", "alerts", "--rules", str(rules), "--day", day, "--json", seconds=1_200)
    return ended.stdout.splitlines()


@contextmanager
def one_bar_changed(day: Day) -> Iterator[int]:
    """A day of which one bar has twice its price, until the end. Yields when that first was published."""
    with duckdb.connect() as database:
        day.views(database)
        position, n, published_at = cast(tuple[int, int, int], database.execute(MIDDLE).fetchone())
        where = f"position = {position} AND n = {n}"
        (file,) = (
            each
            for each in day.files(BARS)
            if database.execute(f"SELECT 1 FROM '{each}' WHERE {where}").fetchone()
        )
        original, copy = file.read_bytes(), file.with_suffix(".changed")
        database.execute(CHANGED.format(position=position, n=n, file=file, copy=copy, row_group=ROW_GROUP))
    copy.replace(file)
    try:
        yield published_at
    finally:
        file.write_bytes(original)


def counts(day: Day) -> dict[str, int]:
    """What is on disk."""
    with duckdb.connect() as database:
        day.views(database)
        queries = {
            "bars on disk": "FROM bars WHERE outcome = 'A'",
            "ticks of boards": "FROM ticks WHERE kind = 'boards'",
            "ticks of screens": "FROM (SELECT DISTINCT slot FROM ticks WHERE kind = 'screens')",
            "gaps": "FROM gaps",
        }
        return {
            name: cast(tuple[Any], database.execute(f"SELECT count(*) {query}").fetchone())[0]
            for name, query in queries.items()
        }


def prove(console: Console, processes: Processes, day: Day, market: Recorded, rules: Path) -> bool:
    """Verify a recorded day, then with a changed bar, and print all. Returns whether all is as it should be."""
    table = Table("", title=f"{MONDAY}", show_header=False)
    table.add_column(justify="right")
    stored = counts(day)
    ran = {
        "seconds of the market": market.seconds,
        "seconds without a bar": market.quiet,
        "bars applied": market.applied,
        "alerts fired": len(market.alerts),
    }
    for name, count in (ran | stored).items():
        table.add_row(name, f"{count:,}")
    whole, replayed = verify(processes), alerts_of_history(processes, rules)
    table.add_row("alerts of history", f"{len(replayed):,}")
    table.add_row("of both not the same", f"{len({*replayed} ^ {*market.alerts}):,}")
    with one_bar_changed(day) as published_at:
        changed = verify(processes)
    table.add_row("seconds that verify took", f"{whole.seconds:.1f}")
    console.print(table)
    console.print(f"As recorded:\n{whole.text}")
    console.print(f"With a changed bar, published first at {clock(published_at)}:\n{changed.text}")
    return all(
        (
            stored["bars on disk"] == market.applied,
            stored["gaps"] == 0,
            stored["ticks of boards"] >= _PUBLISHED * (market.seconds - market.quiet),
            stored["ticks of screens"] >= _PUBLISHED * market.seconds,
            replayed == market.alerts,
            len(replayed) > 0,
            whole.code == 0,
            whole.text.count("differing 0; without a digest 0, in gaps 0.") == 2,
            changed.code == 1,
            f"published {clock(published_at)}." in changed.text,
        )
    )


def main(
    symbols: Annotated[int, typer.Option(help="Symbols of the market.", min=1)] = 300,
    rate: Annotated[int, typer.Option(help="Bars a second, in the mean of the regular session.", min=1)] = 100,
    since: Annotated[str, typer.Option("--from", help="HH:MM in New York.")] = "04:00",
    until: Annotated[str, typer.Option("--to", help="HH:MM in New York.")] = "20:00",
) -> None:
    """Record a day at speed, verify it, and verify it with one bar changed."""
    if library() is None:
        raise SystemExit("This needs libfaketime, Debian's package faketime.")
    start, end = at(since, MONDAY), at(until, MONDAY)
    with tempfile.TemporaryDirectory() as name, moved_redis(Path(name), since) as moved:
        history, server = Path(name) / "history", moved.server
        os.environ |= {"REDIS_URL": server.url(0), "CELERY_BROKER_URL": server.url(1)}
        os.environ |= {"MARKET_CLOCK": "wall", "HISTORY_DIR": str(history)}
        rules = Path(name) / "alerts.toml"
        rules.write_text(RULES)
        os.environ["ALERTS_FILE"] = str(rules)
        processes = Processes(Path(name))
        try:
            ran = record(moved, processes, Market(symbols, rate, 1, MONDAY), start, end)
        finally:
            processes.stop()
        # A fixed width: in a narrow terminal or a file, rich would cut names and digits off.
        console = Console(width=_WIDTH, highlight=False)
        proven = prove(console, processes, Day(history / MONDAY.isoformat()), ran, rules)
    raise typer.Exit(0 if proven else 1)


if __name__ == "__main__":
    typer.run(main)
