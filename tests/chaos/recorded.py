"""Compares the bars that a drill sent with those on disk."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from history.archive.day import Day
from leaderboard.event import SHORT_NAMES

#: Seconds within which a bar is applied after it was sent, also where Redis was away meanwhile.
APPLIED_WITHIN = 60
# Columns of the archive which together distinguish every bar from the others.
_COLUMNS = (
    "symbol",
    "start_timestamp",
    "end_timestamp",
    "volume",
    "accumulated_volume",
    "open",
    "close",
    "high",
    "low",
    "vwap",
)


class Sent:
    """The bars of a drill, and when each was sent.

    Args:
        bars: all of them, in the order in which they are sent.
    """

    def __init__(self, bars: Sequence[dict[str, Any]]) -> None:
        self.bars = bars
        self._times: list[float] = []

    def noted(self, batches: Iterable[list[dict[str, Any]]]) -> Iterator[list[dict[str, Any]]]:
        """The same batches, noted as they are taken."""
        for batch in batches:
            self._times += [time.time() * 1000] * len(batch)
            yield batch

    def columns(self) -> dict[str, Any]:
        """The bars as columns of the archive, and when they were sent, Unix milliseconds."""
        found: dict[str, Any] = {
            name: np.array([bar[SHORT_NAMES[name]] for bar in self.bars], object if name == "symbol" else None)
            for name in _COLUMNS
        }
        return found | {"sent_at": np.array(self._times)}


@dataclass(frozen=True)
class Compared:
    """What is on disk.

    Attributes:
        bars: distinct ones that are in effect.
        missing: bars that were sent and are not on disk; they are within named gaps.
        gaps: those that are named: seconds, and why.
        wrong: sentences about what must not be.
    """

    bars: int
    missing: int
    gaps: tuple[str, ...]
    wrong: tuple[str, ...]

    def __str__(self) -> str:
        gaps = f"{len(self.gaps)} named gaps ({'; '.join(self.gaps)})" if self.gaps else "no gaps"
        return f"{self.bars:,} bars on disk, {self.missing:,} missing, {gaps}"


def compare(day: Path, sent: Sent) -> Compared:
    """Compare a day's folder with what was sent.

    A bar may be missing only where a gap is named, and no bar may be there that was not sent.
    """
    with duckdb.connect() as database:
        Day(day).views(database)
        database.register("columns_sent", sent.columns())
        names = ", ".join(_COLUMNS)
        database.execute("CREATE TABLE sent AS SELECT * REPLACE (symbol::VARCHAR AS symbol) FROM columns_sent")
        database.execute(f"CREATE TABLE stored AS SELECT DISTINCT {names} FROM bars WHERE outcome IN ('A', 'S')")
        database.execute(f"CREATE TABLE missing AS FROM sent ANTI JOIN stored USING ({names})")

        def count(query: str) -> int:
            return int(database.execute(f"SELECT count(*) FROM {query}").fetchall()[0][0])

        within = f"sent_at BETWEEN from_at - {APPLIED_WITHIN * 1000} AND to_at"
        unexplained = count(f"missing WHERE NOT EXISTS (FROM gaps WHERE {within})")
        never_sent = count(f"stored ANTI JOIN sent USING ({names})")
        wrong = {
            f"{unexplained:,} bars are missing outside of gaps": unexplained,
            f"{never_sent:,} bars on disk were never sent": never_sent,
        }
        gaps = database.execute("SELECT (to_at - from_at) / 1000, why FROM gaps ORDER BY from_at").fetchall()
        named = tuple(f"{seconds:.1f} s: {why}" for seconds, why in gaps)
        bars, missing = count("stored"), count("missing")
    return Compared(bars, missing, named, tuple(sentence for sentence, found in wrong.items() if found))
