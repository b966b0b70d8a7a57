"""Makes a recorded day: minutes of a market through the real scripts, and copies of them up to a whole day."""

import time
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path

import duckdb
from redis import Redis
from rich.progress import Progress

from bench.history.market import market, seconds
from bench.history.recorder import Recorder, recording
from config.settings import Settings
from history.archive.merging import Merger
from history.archive.parquet import ROW_GROUP
from history.archive.part import Kind, hour_of, parts_in, uncovered, write
from history.archive.schema import LEARNED, TABLES
from leaderboard import keys
from leaderboard.sessions import session_of
from leaderboard.system import System

#: Seconds between two ticks at least: more than a second of the market takes on an idle machine.
INTERVAL = 0.1
# Bars on the tape from which on the market waits for the recorder, so that nothing is cut off.
_BEHIND = 500_000
# The tape begins here, so that copies have room before it.
_BEGIN = 1_000_000_000
# By how much a copy lies before its original, by the names of columns.
_SHIFTED = {
    "position": "positions",
    "revision": "positions",
    "slot": "slots",
    "written_at": "milliseconds",
    "published_at": "milliseconds",
    "start_timestamp": "milliseconds",
    "end_timestamp": "milliseconds",
}


@dataclass(frozen=True)
class RecordedDay:
    """A day that is recorded.

    Attributes:
        history: the folder of all days.
        day: the trading day; that of the ticks too.
        bars: how many were recorded.
        ticks: when the boards were published, Unix milliseconds.
        cpu: seconds of CPU that the recorder took.
        memory: bytes that it had at its peak.
    """

    history: Path
    day: date
    bars: int
    ticks: list[int]
    cpu: float
    memory: int

    @property
    def folder(self) -> Path:
        return self.history / self.day.isoformat()

    def size(self, table: str = "*") -> int:
        """Bytes on disk, of one table or of all."""
        parts = (self.folder / part.name for part in uncovered(parts_in(self.folder)))
        return sum(file.stat().st_size for part in parts for file in part.glob(f"{table}.parquet"))


def record_day(
    url: str, history: Path, *, symbols: int, rate: float, length: int, progress: Progress
) -> RecordedDay:
    """Record the first seconds of a market after its open, each with a tick, and merge the parts.

    The bars are of the trading day that it is, so that ticks and bars are of one day.

    Args:
        url: of a Redis, which is emptied.
        history: the folder of all days.
        symbols, rate: of the market.
        length: seconds of the market.
        progress: shows how far it is.
    """
    made, redis = market(symbols, rate, session_of(time.time_ns() // 1_000_000).day), Redis.from_url(url)
    redis.flushall()
    for key in (keys.TAPE_POSITION, keys.REVISION):
        redis.set(key, _BEGIN)
    system = System.from_settings(Settings(redis_url=url, market_clock="events", publish_interval=INTERVAL))
    system.reference.learn(made.day, made.reference())
    with recording(url, history) as recorder:
        task = progress.add_task("recording", total=length)
        bars, ticks = 0, list[int]()
        for of_second in seconds(made, length):
            system.process(of_second)
            ticks.append(_publish(system))
            bars += len(of_second)
            _wait_for(recorder)
            progress.advance(task)
        recorder.await_all()
        cpu, memory = recorder.cpu(), recorder.peak()
    day = RecordedDay(history, made.day, bars, ticks, cpu, memory)
    merger = Merger(history)
    # As if its hour were over.
    while merger.step(day.folder, hour_of(time.time_ns() // 1_000_000 + 7_200_000)):
        pass
    merger.close()
    return day


def _publish(system: System) -> int:
    """Publish in the next slot. Returns when, Unix milliseconds."""
    while system.publish().result != "published":
        time.sleep(INTERVAL / 10)
    return time.time_ns() // 1_000_000


def _wait_for(recorder: Recorder) -> None:
    while recorder.behind() > _BEHIND:
        time.sleep(0.1)


def fill_up(day: RecordedDay, copies: int, progress: Progress) -> int:
    """Put copies of what is recorded before it, each as parts of its own.

    What is asked of a copy costs as much as of the original, but its boards mean nothing: a market starts in it
    that has traded already. Volume profiles are not copied: a day has them once.

    Args:
        day: is recorded.
        copies: how many.
        progress: shows how far it is.

    Returns:
        When the first tick of the day is now, Unix milliseconds.
    """
    parts = [part for part in uncovered(parts_in(day.folder)) if part.kind is not Kind.STATE]
    length = (day.ticks[-1] - day.ticks[0]) // 60_000 * 60_000 + 60_000
    task = progress.add_task("filling up", total=copies)
    with duckdb.connect(config={"threads": 1}) as database:
        for n in range(1, copies + 1):
            positions = n * (parts[-1].last - parts[0].first + 1)
            shifts = {
                "positions": positions,
                "milliseconds": n * length,
                "slots": round(n * length / 1000 / INTERVAL),
            }
            hour = hour_of(day.ticks[0] - n * length)
            for part in parts:
                copy = replace(part, hour=hour, first=part.first - positions, last=part.last - positions)
                write(day.folder, copy, partial(_copy, database, day.folder / part.name, shifts))
            progress.advance(task)
    return day.ticks[0] - copies * length


def _copy(database: duckdb.DuckDBPyConnection, original: Path, shifts: dict[str, int], folder: Path) -> None:
    for table in (each for each in TABLES if each is not LEARNED):
        if (file := original / table.file).exists():
            shifted = [column.name for column in table.columns if column.name in _SHIFTED]
            replaced = ", ".join(f"{name} - {shifts[_SHIFTED[name]]} AS {name}" for name in shifted)
            columns = f"* REPLACE ({replaced})" if shifted else "*"
            options = f"FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP}"
            database.execute(f"COPY (SELECT {columns} FROM '{file}') TO '{folder / table.file}' ({options})")
