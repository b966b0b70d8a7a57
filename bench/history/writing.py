"""Writes bars by one of the writers that :mod:`bench.history.writers` compares, and reports what that took."""

import importlib
import pickle
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from bench import machine
from bench.child import await_go, ready, receive, report
from bench.history.market import Columns

#: Rows of a part: the bars of five seconds.
PART = 15_000
#: Rows of a row group of the sorted file.
GROUP = 122_880


class Order(msgspec.Struct):
    """What to write.

    Attributes:
        writer: one of :data:`WRITERS`.
        bars: a file of pickled columns.
        folder: where the files go.
    """

    writer: str
    bars: str
    folder: str


class Cost(msgspec.Struct):
    """What a writer took.

    Attributes:
        bars: how many it wrote.
        start: seconds of CPU to import and set up.
        part, merge: microseconds of CPU a bar.
        part_bytes, merge_bytes: bytes a bar on disk.
        part_memory, memory: MB of the process at its peak, when the parts are written and in the end, without the
            bars themselves.
    """

    bars: int
    start: float
    part: float
    part_bytes: float
    part_memory: float
    merge: float
    merge_bytes: float
    memory: float


class DuckDb:
    """By SQL, from numpy's arrays."""

    def __init__(self) -> None:
        self._database = importlib.import_module("duckdb").connect(config={"threads": 1})

    def part(self, rows: Columns, path: Path) -> None:
        self._write("rows", path, rows)

    def merge(self, parts: Path, path: Path) -> None:
        self._write(f"'{parts}/*.parquet'", path)

    def _write(self, source: str, path: Path, rows: Columns | None = None) -> None:
        # DuckDB finds `rows` by its name.
        self._database.execute(
            f"COPY (FROM {source} ORDER BY symbol, start_timestamp) TO '{path}' "
            f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {GROUP})"
        )


class PyArrow:
    """By Arrow's own Parquet library. The merged file is sorted in memory: it has nothing that spills."""

    def __init__(self) -> None:
        self._arrow: Any = importlib.import_module("pyarrow")
        self._parquet: Any = importlib.import_module("pyarrow.parquet")
        self._arrow.set_cpu_count(1)

    def part(self, rows: Columns, path: Path) -> None:
        self._write(self._arrow.table(rows), path)

    def merge(self, parts: Path, path: Path) -> None:
        self._write(self._parquet.read_table(parts, use_threads=False), path)

    def _write(self, table: Any, path: Path) -> None:
        ordered = table.sort_by([("symbol", "ascending"), ("start_timestamp", "ascending")])
        self._parquet.write_table(ordered, path, compression="zstd", row_group_size=GROUP)


class Polars:
    """By polars, whose merge streams."""

    def __init__(self) -> None:
        self._polars: Any = importlib.import_module("polars")

    def part(self, rows: Columns, path: Path) -> None:
        frame = self._polars.DataFrame(rows).with_columns(self._polars.col("symbol", "outcome").cast(str))
        frame.sort("symbol", "start_timestamp").write_parquet(path, compression="zstd", row_group_size=GROUP)

    def merge(self, parts: Path, path: Path) -> None:
        frame = self._polars.scan_parquet(parts).sort("symbol", "start_timestamp")
        frame.sink_parquet(path, compression="zstd", row_group_size=GROUP)


WRITERS: dict[str, Callable[[], DuckDb | PyArrow | Polars]] = {
    "duckdb": DuckDb,
    "pyarrow": PyArrow,
    "polars": Polars,
}


def measure(name: str, made: Columns, folder: Path) -> Cost:
    """The cost of a writer in this process, which has not written yet."""
    count, before = len(made["symbol"]), machine.forget_peak()
    began = time.process_time()
    writer = WRITERS[name]()
    started = time.process_time()
    parts, whole = folder / "parts", folder / "whole.parquet"
    parts.mkdir(parents=True)
    for first in range(0, count, PART):
        rows = {column: values[first : first + PART] for column, values in made.items()}
        writer.part(rows, parts / f"{first:09}.parquet")
    flushed, of_parts = time.process_time(), machine.peak()
    writer.merge(parts, whole)
    merged = time.process_time()
    return Cost(
        bars=count,
        start=started - began,
        part=(flushed - started) * 1e6 / count,
        part_bytes=sum(part.stat().st_size for part in parts.iterdir()) / count,
        part_memory=(of_parts - before) / 1e6,
        merge=(merged - flushed) * 1e6 / count,
        merge_bytes=whole.stat().st_size / count,
        memory=(machine.peak() - before) / 1e6,
    )


def main() -> None:
    order = receive(Order)
    made: Columns = pickle.loads(Path(order.bars).read_bytes())
    ready()
    await_go()
    report(measure(order.writer, made, Path(order.folder)))


if __name__ == "__main__":
    main()
