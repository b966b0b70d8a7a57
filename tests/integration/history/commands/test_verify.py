"""``python -m history verify``, on a day that went through the real scripts and a recorder."""

import random
import re
import threading
from pathlib import Path
from typing import Any

import duckdb
import pytest
from redis import Redis
from typer.testing import CliRunner

from history.__main__ import app
from history.archive.day import Day
from history.archive.schema import BARS
from history.queries.boards_at import clock
from history.recorder.status import Status
from history.recorder.tape_to_archive import TapeToArchive
from history.verification.verify import plan_of, verify
from leaderboard import keys
from leaderboard.shards import Shards
from leaderboard.store.snapshots import Snapshots
from leaderboard.system import System
from tests.support.market import TODAY, bar

SYMBOLS = [f"S{n}" for n in range(30)]
TICKS = 40


@pytest.fixture
def ticks(redis: Redis, system: System, history: Path) -> list[int]:
    """When the boards of a recorded day were published, Unix milliseconds. Some bars come late, or twice."""
    shards, stop, rng = Shards([redis]), threading.Event(), random.Random(1)
    taking = TapeToArchive(shards, history, Status(history))
    stop.set()
    taking.begin()
    # A thousand slots a second, so that one is free at once.
    snapshots, published = Snapshots(shards, interval=0.001, size=500), list[int]()
    late: list[dict[str, Any]] = []
    for tick in range(TICKS):
        time = f"09:29:{40 + tick}" if tick < 20 else f"09:30:{tick - 20:02}"
        bars = [bar(symbol, time, close=round(rng.uniform(1, 99), 2)) for symbol in SYMBOLS]
        rng.shuffle(bars)
        system.process([*bars[5:], *late, *rng.sample(bars[5:], 3)])
        late = bars[:5]
        assert snapshots.publish().result == "published"
        published.append(int(redis.hget(keys.SNAPSHOT, "published_at") or 0))
        if tick % 8 == 7:
            taking.step(stop, lambda: True)
    return published


def change_close(history: Path, start: str, symbol: str) -> None:
    """Change the close of one bar on disk."""
    day = Day(history / f"{TODAY}")
    began = bar(symbol, start)["s"]
    for path in day.files(BARS):
        with duckdb.connect() as database:
            changed = f"if(symbol = '{symbol}' AND start_timestamp = {began}, close + 0.01, close) AS close"
            database.execute(f"COPY (SELECT * REPLACE ({changed}) FROM '{path}') TO '{path}.new' (FORMAT parquet)")
        Path(f"{path}.new").replace(path)


def test_a_recorded_day_is_what_was_published(ticks: list[int]) -> None:
    # When it is verified
    verified = CliRunner().invoke(app, ["verify", f"{TODAY}"])

    # Then each second is what was published
    assert verified.exit_code == 0, verified.output
    assert f"Boards: seconds checked {TICKS}, differing 0;" in verified.output


def test_a_changed_bar_is_found(ticks: list[int], history: Path) -> None:
    # Given a bar of the thirtieth second, changed on disk
    change_close(history, "09:30:09", "S7")

    # When it is verified
    verified = CliRunner().invoke(app, ["verify", f"{TODAY}"])

    # Then it fails, and names the first that differs
    assert verified.exit_code == 1
    assert re.search(r"Boards: seconds checked 40, differing [1-9]", verified.output)
    assert f"The first that differs: volume, published {clock(ticks[29])}" in verified.output

    # And that is the very tick
    day = Day(history / f"{TODAY}")
    first = verify(day, plan_of(day), lambda _: None).boards.first
    assert first
    assert first.published_at == ticks[29]
