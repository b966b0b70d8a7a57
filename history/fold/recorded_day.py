"""A recorded day as a fold reads it: where it can begin, what was published, and what the tape said in between."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import pairwise
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import numpy as np
from numpy.typing import NDArray

from history.archive.day import Day
from history.archive.parquet import scan
from history.archive.part import Kind
from history.archive.remembered import remembered, remembered_rows
from history.archive.schema import (
    BARS,
    CHECKPOINTS,
    GAPS,
    LEARNED,
    REFERENCES,
    RESTORED,
    SESSIONS,
    STATES,
    TICKS,
    Table,
)
from history.fold.market_fold import MarketFold, Tables
from history.fold.profiles import Profiles
from history.fold.state import COLUMNS, State, empty
from leaderboard.sessions import Session
from leaderboard.tape.entries import BAR, IN_EFFECT

#: Bars that are read at once: some 150 MB.
MOST_BARS = 500_000
# What a fold does not need.
_UNREAD = {"written_at", "refreshed"}
# The kinds of a session's entries that begin a day.
_ROLLS = ("roll", "bars", "move_clear")
_OF_BARS = ("revision", *(name for name in BAR.names or () if name not in ("event", "minute", "otc")))


class Start(NamedTuple):
    """Where a fold can begin.

    Attributes:
        position, revision, session: of the state; session 0: the day begins here, with no symbol.
        known_from: the first revision at which the boards are known: a state that was read from Redis is not of
            one moment.
    """

    position: int
    revision: int
    session: int
    known_from: int

    @property
    def is_of_one_moment(self) -> bool:
        return self.known_from == self.revision

    def knows(self, tick: "Tick") -> bool:
        """Whether the boards of a tick follow from it, if no entry between them is missing."""
        return tick.position > self.position and tick.revision >= self.known_from


class Gap(NamedTuple):
    """Entries are missing after one position and up to another, at which the boards are known again.

    Attributes:
        after, to: the positions.
        began: a moment after which the first of them was written, Unix milliseconds.
    """

    after: int
    to: int
    began: int


@dataclass(frozen=True)
class Tick:
    """One publication of the boards, or of the screens.

    Attributes:
        kind: ``boards`` or ``screens``.
        position: of its entry on the tape.
        slot: its number.
        revision: of the rows that were published.
        published_at: Unix milliseconds.
        digests: by the name of the board or screen, the hex SHA-1 of its JSON; empty: the tape has none.
        definitions: of the screens, where they changed and once a minute.
    """

    kind: str
    position: int
    slot: int
    revision: int
    published_at: int
    digests: Mapping[str, str] = field(default_factory=dict)
    definitions: str | None = None


class RecordedDay:
    """What is recorded of a day, as it is now. What is recorded later is not read.

    Args:
        day: its folder.
        connection: reads its files.
    """

    def __init__(self, day: Day, connection: duckdb.DuckDBPyConnection) -> None:
        self.day = day
        self._connection = connection
        self._parts = day.parts()
        self._with_entries = [part for part in self._parts if part.kind is not Kind.STATE]

    def _files(self, table: Table, after: int = -1, to: int | None = None) -> list[Path]:
        """The files with a table's rows, of the parts that have some of these positions."""
        parts = [part for part in self._parts if part.last > after and (to is None or part.first <= to)]
        return self.day.files(table, parts)

    def _scan(self, table: Table, after: int = -1, to: int | None = None) -> str:
        """SQL of a table's rows, from the parts that have some of these positions."""
        return scan(table, self._files(table, after, to))

    def _remembered(
        self, table: Table, columns: str, rest: str = "", after: int = -1, to: int | None = None
    ) -> Iterator[tuple[Any, ...]]:
        """Rows of a small table, in any order, from the parts that have some of these positions."""
        return remembered_rows(self._connection, self._files(table, after, to), columns, rest)

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(query).fetchall()

    # --- where it begins, and what is missing

    @cached_property
    def gaps(self) -> list[Gap]:
        """Where entries are missing, in the order of their positions: gaps of the recording, and lost parts."""
        known = [Gap(*row) for row in self._remembered(GAPS, "from_position, to_position, from_at")]
        lost = [
            Gap(one.last, other.first - 1, self._last_published(one.last))
            for one, other in pairwise(self._with_entries)
            if other.first > one.last + 1
        ]
        return sorted(known + lost)

    def _last_published(self, position: int) -> int:
        """When the last tick up to a position was published, Unix milliseconds; 0: there is none."""
        ticks = f"{self._scan(TICKS, -1, position)} WHERE position <= {position}"
        ((published_at,),) = self._rows(f"SELECT max(published_at) FROM {ticks}")
        return published_at or 0

    @cached_property
    def starts(self) -> list[Start]:
        """Where a fold can begin, in the order of their positions."""
        starts = [
            Start(position, revision, session, self._last_page(position) if kind == "base" else revision)
            for position, revision, session, kind in self._remembered(
                CHECKPOINTS, "position, revision, session, kind"
            )
        ]
        return sorted([*self._beginning(min(starts, default=None)), *starts])

    def _last_page(self, position: int) -> int:
        """The newest revision in a state that was read from Redis a page of symbols at a time."""
        newest = self._remembered(
            STATES,
            "max(revision)",
            f"WHERE position = {position} HAVING count(*) > 0",
            position - 1,
            position,
        )
        return max((revision for (revision,) in newest), default=0)

    def _beginning(self, state: Start | None) -> Iterator[Start]:
        """The beginning of the day, if it was recorded: the roll that no bar precedes.

        Where the first part is lost, the next roll is that of the open, behind bars of the pre-market.

        Args:
            state: the day's first one.
        """
        first = next(iter(self._with_entries), None)
        if not first or any(gap.after < first.first <= gap.to for gap in self.gaps):
            return
        rolls = self._remembered(
            SESSIONS, "position, revision, session, kind", after=first.first - 1, to=first.last
        )
        bars = self._remembered(BARS, "min(position)", "HAVING count(*) > 0", after=first.first - 1, to=first.last)
        later = [position for (position,) in bars] + ([state.position] if state else [])
        for position, revision, session in sorted((*roll,) for *roll, kind in rolls if kind in _ROLLS)[:1]:
            is_days = Session.from_number(session).day == self.day.date
            if is_days and all(position <= each for each in later):
                # Screens of a revision before it, published late, are of the day before.
                yield Start(first.first - 1, 0, 0, revision)

    def start_before(self, tick: "Tick") -> Start | None:
        """The last place to begin from which the boards of a tick follow; None: they are not known."""
        at = bisect_left(self.starts, tick.position, key=attrgetter("position"))
        while at and not self.starts[at - 1].knows(tick):
            at -= 1
        last = self.starts[at - 1] if at else None
        return last if last and self.is_whole(last, tick) else None

    def is_whole(self, start: Start, end: "Tick | Start") -> bool:
        """Whether no entry is missing between a state and a tick, or a later state."""
        return not any(start.position <= gap.after < end.position for gap in self.gaps)

    def stands_at(self, tick: "Tick", at: int) -> bool:
        """Whether what was published at the last recorded tick up to a moment was still shown then.

        Args:
            tick: the tick.
            at: the moment, Unix milliseconds.
        """
        return not any(gap.after >= tick.position and gap.began < at for gap in self.gaps)

    def is_whole_before(self, tick: "Tick") -> bool:
        """Whether all of the day is known up to a tick."""
        return any(not start.session and self.is_whole(start, tick) for start in self.starts)

    def state(self, start: Start) -> State:
        """The state of a start."""
        if not start.session:
            return empty()
        names = ", ".join(column.name for column in COLUMNS)
        scanned = self._scan(STATES, start.position - 1, start.position)
        return self._arrays(f"SELECT {names} FROM {scanned} WHERE position = {start.position}")

    def profiles(self) -> Profiles:
        """The volume profiles of the day, which others may read too."""
        return _profiles(self._connection, tuple(self._files(LEARNED)))

    # --- what was published

    def ticks(self, kind: str) -> list[Tick]:
        """All ticks of a kind, in the order of their positions."""
        digests: dict[int, dict[str, str]] = {}
        found = []
        rows = self._rows(f"""
            SELECT position, slot, revision, published_at, kind, name, digest, definitions FROM {self._scan(TICKS)}
            WHERE kind IN ({"'boards', 'digests'" if kind == "boards" else "'screens'"})
            ORDER BY position, name
        """)
        by_slot: dict[int, int] = {}
        for position, slot, revision, published_at, of, name, digest, definitions in rows:
            if of == "digests" or name:
                digests.setdefault(by_slot.get(slot, 0), {})[name] = digest
            else:
                by_slot[slot] = position
                found.append((position, slot, revision, published_at, definitions))
        return [
            Tick(kind, position, slot, revision, published_at, digests.get(position, {}), definitions)
            for position, slot, revision, published_at, definitions in found
        ]

    def last_tick(self, kind: str, slot: int) -> Tick | None:
        """The last tick of a slot or of one before it; None: there is none. It has no digests."""
        columns = "position, slot, revision, published_at"
        which = f"WHERE kind = '{kind}' AND name = '' ORDER BY slot, position"
        # One part after the other: a day has a hundred thousand ticks.
        for file in reversed(self._files(TICKS)):
            ticks = remembered(self._connection, file, columns, which)
            if after := int(np.searchsorted(ticks["slot"], slot, "right")):
                position, of, revision, at = (int(column[after - 1]) for column in ticks.values())
                return Tick(kind, position, of, revision, at)
        return None

    def definitions(self, position: int) -> tuple[int, str] | None:
        """The last position up to one at which screens were defined, and their definitions as JSON."""
        # The tape has them once a minute: they are in the last part, most often.
        for file in reversed(self._files(TICKS, to=position)):
            rows = self._rows(
                f"SELECT position, definitions FROM {scan(TICKS, [file])} WHERE kind = 'screens' "
                f"AND definitions IS NOT NULL AND position <= {position} ORDER BY position DESC LIMIT 1"
            )
            if rows:
                return rows[0]
        return None

    def next_definitions(self, position: int) -> tuple[int, str] | None:
        """The first position after one at which screens were defined, and their definitions as JSON."""
        rows = self._rows(
            f"SELECT position, definitions FROM {self._scan(TICKS, position)} WHERE kind = 'screens' "
            f"AND definitions IS NOT NULL AND position > {position} ORDER BY position LIMIT 1"
        )
        return rows[0] if rows else None

    def alerts_anew(self) -> frozenset[int]:
        """The positions of those ticks of the screens at which the rules of alerts knew of no tick before."""
        return frozenset(
            position
            for (position,) in self._remembered(TICKS, "position", "WHERE kind = 'alerts' AND name = 'anew'")
        )

    @cached_property
    def partial(self) -> list[int]:
        """The positions of those ticks of the screens that are partial, in their order: see
        :attr:`leaderboard.tape.entries.ScreensTicked.is_partial`."""
        return sorted(position for (position,) in self._remembered(TICKS, "position", "WHERE kind = 'partial'"))

    # --- what the tape said

    def stops(self, start: Start, stops: Sequence[tuple[int, int]], profiles: Profiles) -> Iterator[MarketFold]:
        """A fold at each of some moments; it has to be settled where its table is wanted.

        Args:
            start: where to begin.
            stops: of each a position and a revision, in the order of the revisions: the market is shown as it was
                at this revision, which the tape had reached by this position.
            profiles: of the day.

        Yields:
            The same fold each time.
        """
        state = self.state(start)
        names = state["symbol"].tolist()
        fold = MarketFold.of_state(state, start.session, start.revision, profiles, names)
        position, n = start.position, 0
        last = max((stop for stop, _ in stops), default=position)
        while n < len(stops):
            to = min(position + MOST_BARS, last)
            chunk = Chunk(self.tables(position, to, stops[-1][1], names))
            while n < len(stops) and (to == last or stops[n][1] < chunk.newest):
                fold.apply(chunk.up_to(stops[n][1]), stops[n][1])
                yield fold
                n += 1
            if n < len(stops) and to < last:
                fold.apply(chunk.up_to(chunk.newest), max(fold.revision, chunk.newest))
            position = to

    def tables(self, after: int, to: int, revision: int, names: list[str]) -> Tables:
        """What a fold applies of some entries.

        Args:
            after, to: the positions between which they are, the latter included.
            revision: up to which they are.
            names: of symbols. Bars have their symbols' places in it; other symbols are added.
        """
        which = f"position > {after} AND position <= {to} AND revision <= {revision}"
        found = {BARS.name: self._bars(self._scan(BARS, after, to), which, names)}
        for table in (REFERENCES, RESTORED, SESSIONS):
            columns = ", ".join(column.quoted for column in table.columns if column.name not in _UNREAD)
            found[table.name] = self._arrays(f"SELECT {columns} FROM {self._scan(table, after, to)} WHERE {which}")
        return {name: arrays for name, arrays in found.items() if len(arrays["revision"])}

    def _bars(self, scanned: str, which: str, names: list[str]) -> dict[str, NDArray[Any]]:
        """Bars with the numbers of their symbols, which are read five times as fast as the symbols."""
        outcomes = " AND outcome IN ('" + "', '".join(IN_EFFECT) + "')"
        # Only an operator's moves, and rows that were read back, need to know which entries bars are of.
        columns = [*_OF_BARS, *(("position", "event", "outcome") if self._has_rare_entries else ())]
        query = f"""
            SELECT numbers.number AS symbol, {", ".join(columns)}
            FROM (SELECT * FROM {scanned} WHERE {which}{outcomes}) LEFT JOIN numbers USING (symbol)
        """
        numbers = {"symbol": np.array(names, object), "number": np.arange(len(names))}
        self._connection.register("numbers", numbers)
        try:
            arrays = self._connection.execute(query).fetchnumpy()
            if not np.ma.is_masked(arrays["symbol"]):
                return {name: _filled(column) for name, column in arrays.items()}
            new = self._rows(
                f"SELECT DISTINCT symbol FROM {scanned} ANTI JOIN numbers USING (symbol) WHERE {which}{outcomes}"
            )
        finally:
            self._connection.unregister("numbers")
        names += [symbol for (symbol,) in new]
        return self._bars(scanned, which, names)

    @cached_property
    def _has_rare_entries(self) -> bool:
        kinds = self._remembered(SESSIONS, "kind")
        is_moved = any(kind.startswith("move") for (kind,) in kinds)
        return is_moved or bool(self._files(RESTORED))

    def _arrays(self, query: str) -> dict[str, NDArray[Any]]:
        columns = self._connection.execute(query).fetchnumpy()
        return {name: _filled(column) for name, column in columns.items()}


# A day's profiles take 20 MB, and most questions are about the same day.
@lru_cache(maxsize=1)
def _profiles(connection: duckdb.DuckDBPyConnection, files: tuple[Path, ...]) -> Profiles:
    profiles = Profiles()
    rows = connection.execute(
        f"SELECT symbol, position, volume_profile FROM {scan(LEARNED, files)} "
        "WHERE octet_length(volume_profile) > 0"
    )
    for symbol, position, packed in rows.fetchall():
        profiles.learn(symbol, position, packed)
    return profiles


def _filled(column: Any) -> NDArray[Any]:
    """A column without a mask: null is NaN, or None."""
    if not isinstance(column, np.ma.MaskedArray):
        return np.asarray(column)
    return np.asarray(column.filled(np.nan if column.dtype.kind == "f" else None if column.dtype == object else 0))


class Chunk:
    """Tables that are taken piece by piece, in the order of revisions.

    Attributes:
        newest: the newest revision in them.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = {**tables}
        self._newest = {name: int(table["revision"].max()) for name, table in tables.items()}
        # How many rows of each were taken; of those that are sorted.
        self._taken: dict[str, int] = {}
        self.newest = max(self._newest.values(), default=0)

    def up_to(self, revision: int) -> Tables:
        """The rest up to a revision."""
        found = {name: self._rest(name, revision) for name in [*self._tables]}
        return {name: table for name, table in found.items() if table}

    def _rest(self, name: str, revision: int) -> Mapping[str, NDArray[Any]]:
        table = self._tables[name]
        if name not in self._taken:
            if revision >= self._newest[name]:
                # All at once, in any order.
                return self._tables.pop(name)
            order = np.argsort(table["revision"], kind="stable")
            table = self._tables[name] = {column: values[order] for column, values in table.items()}
        first = self._taken.get(name, 0)
        self._taken[name] = end = int(np.searchsorted(table["revision"], revision, "right"))
        return {column: values[first:end] for column, values in table.items()} if end > first else {}
