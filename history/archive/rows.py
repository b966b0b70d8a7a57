"""The rows that entries of the tape become."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from history.archive.parquet import Arrays
from history.archive.schema import BARS, BY_NAME, FIGURES, LEARNED, REFERENCES, RESTORED, SESSIONS, TICKS, Table
from leaderboard.tape.entries import (
    BAR,
    Bars,
    Batch,
    Digests,
    Entry,
    Learned,
    Moved,
    Refresh,
    Rolled,
    ScreensTicked,
    Started,
    Ticked,
)

#: By a table's name its rows; tables without rows are left out.
Rows = Mapping[str, Arrays]

_NOTHING_NEW = dict.fromkeys(FIGURES, np.nan)


def rows_of(entries: Sequence[Entry], session: int) -> Rows:
    """The rows of entries that follow one another.

    Args:
        entries: in their order.
        session: the session clock's number before them; where it is another one after an entry, it has rolled.
    """
    found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for entry in entries:
        for kind, read in _READ:
            if isinstance(entry, kind):
                read(entry, found)
        if isinstance(entry, Batch) and entry.session != session:
            found[SESSIONS.name].append(_about(entry) | {"session": entry.session, "kind": "bars"})
        session = entry.session
    rows = {name: arrays_of(BY_NAME[name], each) for name, each in found.items()}
    if batches := [entry for entry in entries if isinstance(entry, Bars) and len(entry.bars)]:
        rows[BARS.name] = _bars(batches)
    return rows


def arrays_of(table: Table, rows: Sequence[Mapping[str, Any]]) -> Arrays:
    """The columns of rows; what a row does not name is null, or 0 where the column has no null."""
    return {column.name: _array([row.get(column.name) for row in rows], column.dtype) for column in table.columns}


def joined(first: Arrays, second: Arrays | None) -> Arrays:
    """The rows of both."""
    if second is None:
        return first
    return {name: np.concatenate([column, second[name]]) for name, column in first.items()}


def _array(values: list[Any], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    missing = np.nan if dtype.kind == "f" else None if dtype.kind == "O" else 0
    return np.array([missing if value is None else value for value in values], dtype)


def _bars(batches: Sequence[Bars]) -> Arrays:
    bars = np.concatenate([batch.bars for batch in batches])
    counts = [len(batch.bars) for batch in batches]
    # The index of a bar's event among the events of all batches.
    firsts = np.cumsum([0, *(len(batch.symbols) for batch in batches[:-1])])
    events = bars["event"] + np.repeat(firsts, counts)
    return {
        "position": np.repeat([batch.position for batch in batches], counts),
        "n": np.concatenate([np.arange(count) for count in counts]),
        "written_at": np.repeat([batch.at for batch in batches], counts),
        "revision": np.repeat([batch.revision for batch in batches], counts),
        "symbol": np.array([symbol for batch in batches for symbol in batch.symbols], object)[events],
        "outcome": np.array([outcome for batch in batches for outcome in batch.outcomes], object)[events],
        **{name: bars[name] for name in BAR.names or ()},
    }


_Found = defaultdict[str, list[dict[str, Any]]]


def _about(entry: Entry) -> dict[str, Any]:
    return {"position": entry.position, "written_at": entry.at, "revision": entry.revision}


def _about_event(batch: Batch, event: int) -> dict[str, Any]:
    what = {"event": event, "symbol": batch.symbols[event], "outcome": batch.outcomes[event]}
    return _about(batch) | what


def _read_batch(batch: Batch, found: _Found) -> None:
    refreshed = isinstance(batch, Refresh)
    for event in range(len(batch.symbols)) if refreshed else batch.references:
        figures = batch.references.get(event)
        values = figures.values if figures else _NOTHING_NEW
        stand_ins = ",".join(figures.stand_ins) if figures else None
        about = _about_event(batch, event)
        found[REFERENCES.name].append(about | {"refreshed": refreshed, "stand_ins": stand_ins, **values})


def _read_bars(bars: Bars, found: _Found) -> None:
    for event, day in bars.days.items():
        opening = {"open_start": day.start, "open_end": day.end}
        found[RESTORED.name].append(_about_event(bars, event) | opening | day.values._asdict())


def _read_learned(learned: Learned, found: _Found) -> None:
    for symbol, what in learned.symbols.items():
        row = {"symbol": symbol, "day": learned.day, "version": learned.version, **what._asdict()}
        found[LEARNED.name].append(_about(learned) | row)


def _session(kind: Callable[[Any], str]) -> Callable[[Any, _Found], None]:
    def read(entry: Entry, found: _Found) -> None:
        found[SESSIONS.name].append(_about(entry) | {"session": entry.session, "kind": kind(entry)})

    return read


def _read_tick(tick: Ticked, found: _Found) -> None:
    row = {"slot": tick.slot, "published_at": tick.published_at, "kind": "boards", "name": ""}
    found[TICKS.name].append(_about(tick) | row | {"revision": tick.boards_revision})


def _read_digests(digests: Digests, found: _Found) -> None:
    about = _about(digests) | {"slot": digests.slot, "kind": "digests"}
    found[TICKS.name] += ({**about, "name": name, "digest": digest} for name, digest in digests.boards.items())


def _read_screens(tick: ScreensTicked, found: _Found) -> None:
    about = _about(tick) | {"revision": tick.screens_revision, "slot": tick.slot, "kind": "screens"}
    about["published_at"] = tick.published_at
    definitions = tick.definitions.decode() if tick.definitions is not None else None
    found[TICKS.name].append({**about, "name": "", "definitions": definitions})
    found[TICKS.name] += ({**about, "name": name, "digest": digest} for name, digest in tick.screens.items())
    if tick.alerts_anew:
        found[TICKS.name].append({**about, "kind": "alerts", "name": "anew"})
    if tick.is_partial:
        found[TICKS.name].append({**about, "kind": "partial"})


_READ: Iterable[tuple[type[Entry], Callable[[Any, _Found], None]]] = (
    (Batch, _read_batch),
    (Bars, _read_bars),
    (Learned, _read_learned),
    (Started, _session(lambda _: "start")),
    (Rolled, _session(lambda _: "roll")),
    (Moved, _session(lambda moved: "move_keep" if moved.keeps else "move_clear")),
    (Ticked, _read_tick),
    (Digests, _read_digests),
    (ScreensTicked, _read_screens),
)
