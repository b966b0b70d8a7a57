"""The closes of all symbols at regular times of a session."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from history.archive.day import Day
from history.archive.parquet import scan
from history.archive.schema import BARS
from history.errors import NothingRecordedError
from history.queries.connection import connection
from leaderboard.tape.entries import IN_EFFECT


def session_closes(
    folder: Path,
    day: date,
    start: int,
    step: int,
    count: int,
    *,
    symbols: Sequence[str] | None = None,
    last: int | None = None,
) -> Mapping[str, NDArray[np.float64]]:
    """Each symbol's last close in each of some spans of a session.

    Args:
        folder: where history is recorded.
        day: the trading day.
        start: of the session, Unix milliseconds.
        step: milliseconds that a span lasts.
        count: of the spans.
        symbols: whose; None: all.
        last: only bars up to this position of the tape; None: all.

    Returns:
        By symbol, a close a span, dollars; NaN where no bar ended in it.

    Raises:
        NothingRecordedError: there is no such day.
    """
    recorded = Day(folder / day.isoformat())
    parts = recorded.parts()
    if not parts:
        raise NothingRecordedError(f"nothing is recorded of {day}")
    chosen = ("" if symbols is None else "AND contains($symbols, symbol) ") + (
        "" if last is None else f"AND position <= {last} "
    )
    values = {"start": start, "step": step, "end": start + count * step, "in_effect": IN_EFFECT}
    found = connection().execute(
        f"""
        SELECT symbol, (end_timestamp - 1 - $start) // $step AS span,
            arg_max("close", end_timestamp) AS "close"
        FROM {scan(BARS, recorded.files(BARS, parts))}
        WHERE start_timestamp >= $start AND end_timestamp <= $end AND contains($in_effect, outcome) {chosen}
        GROUP BY ALL ORDER BY symbol
        """,
        values if symbols is None else values | {"symbols": list(symbols)},
    )
    columns = found.fetchnumpy()
    traded, at = np.unique(columns["symbol"].astype(object), return_inverse=True)
    closes = np.full((len(traded), count), np.nan)
    closes[at, columns["span"]] = columns["close"]
    return dict(zip(traded.tolist(), closes, strict=True))
