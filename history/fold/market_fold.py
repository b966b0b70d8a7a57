"""The market as it follows from what the tape says."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from history.archive import schema
from history.fold.folded_table import FoldedTable
from history.fold.groups import greatest
from history.fold.merging import Bars, Rows, merge, merge_restored
from history.fold.numbers import numbers
from history.fold.profiles import Profiles
from history.fold.state import COLUMNS, REFERENCES, STAND_INS, State
from leaderboard.boards import Board
from leaderboard.reference.volume_profile import TIMES
from leaderboard.sessions import Phase, Session, next_trading_day, session_of
from leaderboard.tape.entries import IN_EFFECT

#: Rows of the tables of :mod:`history.archive.schema` by the table's name, each a mapping of column to array.
#: Tables without rows may be left out. What is null is NaN or None.
Tables = Mapping[str, Mapping[str, NDArray[Any]]]

# Rows for which there is room at first.
_ROOM = 1024
_KEPT = [column for column in COLUMNS if column.name != "symbol"]
_APPLIED = "A"


class _Day(NamedTuple):
    """A trading day: when it starts and ends, its regular session starts, and its regular hours end, Unix ms."""

    start: int
    end: int
    opening: int
    close: int


@cache
def _day_of(day: date) -> _Day:
    regular = Session(day, Phase.REGULAR)
    return _Day(regular.day_start, Session(next_trading_day(day), Phase.PRE).start, regular.start, regular.close)


class MarketFold:
    """The state of all symbols, and the boards that follow from it. For one thread.

    It is a function of the *set* of bars: those between two ticks may be given in any order and any portions.

    Args:
        profiles: the volume profiles learned so far; those learned later are added.
        names: of symbols, which may become more. Tables may have a symbol's place in it instead of its name.

    Attributes:
        table: the rows of all symbols; :meth:`settle` brings it up to date.
        profiles: as given.
        session: the session clock; None before the first event.
        revision: up to which the tape was applied.
    """

    def __init__(self, profiles: Profiles, names: Sequence[str] = ()) -> None:
        self.table = FoldedTable()
        self.profiles = profiles
        self._names = names
        self.session: Session | None = None
        self.revision = 0
        self._empty(_ROOM)

    def _empty(self, room: int) -> None:
        self._columns = {column.name: np.zeros(room, column.kind.dtype) for column in _KEPT}
        self._means = np.zeros((room, TIMES))
        self._has_changed = np.zeros(room, bool)
        # The row of each of the named symbols; -1: it has none yet.
        self._row_of_name = np.full(len(self._names), -1)
        # The newest revision of a symbol whose state was read later than the state itself began.
        self._ahead = 0

    @classmethod
    def of_state(
        cls, state: State, session: int, revision: int, profiles: Profiles, names: Sequence[str] = ()
    ) -> "MarketFold":
        """The market of a state.

        Args:
            state: with the columns of :data:`history.fold.state.COLUMNS`.
            session: number of the session clock; 0: none yet.
            revision: of the state.
            profiles: those that its rows were made with among them.
            names: as of :class:`MarketFold`.
        """
        fold = cls(profiles, names)
        fold.revision = revision
        if session:
            fold._start(Session.from_number(session))
        fold._load(state)
        return fold

    def state(self) -> State:
        """The state as it is now, sorted by symbol."""
        order = np.argsort(self.table.places())
        found = {column.name: self._columns[column.name][order] for column in _KEPT}
        found["revision"] = np.maximum(found["revision"], self.revision)
        return {"symbol": np.array([self.table.symbols[row] for row in order], object), **found}

    def _load(self, state: State) -> None:
        """Add symbols with their state."""
        symbols = state["symbol"].tolist()
        rows = self._numbered(symbols)
        for column in _KEPT:
            self._columns[column.name][rows] = state[column.name]
        has_profile = state["profile_position"] > 0
        positions = state["profile_position"][has_profile].tolist()
        self._means[rows[has_profile]] = self.profiles.means(state["symbol"][has_profile].tolist(), positions)
        self._has_changed[rows] = True
        self._ahead = max(self._ahead, int(state["revision"].max(initial=0)))

    def _numbered(self, symbols: list[str]) -> Rows:
        rows = self.table.numbered(symbols)
        more = 0
        while len(self.table) > len(self._has_changed) + more:
            more += len(self._has_changed) + more
        if more:
            self._columns = {name: np.pad(column, (0, more)) for name, column in self._columns.items()}
            self._means = np.pad(self._means, ((0, more), (0, 0)))
            self._has_changed = np.pad(self._has_changed, (0, more))
        return rows

    def _rows(self, symbols: NDArray[Any]) -> Rows:
        """The rows of symbols, or of their places among the names; new ones get the next."""
        if symbols.dtype.kind == "O":
            return self._numbered(symbols.tolist())
        self._row_of_name = np.pad(
            self._row_of_name, (0, len(self._names) - len(self._row_of_name)), constant_values=-1
        )
        new = np.unique(symbols[self._row_of_name[symbols] < 0])
        self._row_of_name[new] = self._numbered([self._names[at] for at in new.tolist()])
        rows: Rows = self._row_of_name[symbols]
        return rows

    # --- what the tape says

    def apply(self, tables: Tables, revision: int) -> None:
        """Apply what the tape says from where the fold is to a revision.

        Args:
            tables: of bars, reference fields, restored days, what was learned, and sessions; others are ignored.
            revision: the newest one, to which the fold is brought.
        """
        for part in _between_moves(tables):
            self._apply(part)
        self.revision = revision
        if revision > self._ahead:
            self._ahead = 0

    def _apply(self, tables: Tables) -> None:
        self._learn(tables.get(schema.LEARNED.name, {}))
        self._roll(tables.get(schema.SESSIONS.name, {}))
        restored = _in_effect(tables.get(schema.RESTORED.name, {}), IN_EFFECT)
        if bars := _in_effect(tables.get(schema.BARS.name, {}), IN_EFFECT):
            self._apply_bars(_with_openings(bars, restored))
        if restored:
            self._apply_restored(restored)
        if references := _in_effect(tables.get(schema.REFERENCES.name, {}), _APPLIED):
            self._apply_references(references)

    def _learn(self, learned: Mapping[str, NDArray[Any]]) -> None:
        if learned:
            columns = (learned[name].tolist() for name in ("symbol", "position", "volume_profile"))
            for symbol, position, packed in zip(*columns, strict=True):
                if packed:
                    self.profiles.learn(symbol, position, packed)

    def _roll(self, sessions: Mapping[str, NDArray[Any]]) -> None:
        if not sessions:
            return
        columns = (sessions[name].tolist() for name in ("position", "revision", "session", "kind"))
        for _, revision, number, kind in sorted(zip(*columns, strict=True)):
            session = Session.from_number(number) if number else None
            if kind.startswith("move") and session:
                self._move(session, revision, keeps=kind == "move_keep")
            elif kind in ("roll", "bars") and session:
                self._roll_to(session, revision)

    def _roll_to(self, session: Session, revision: int) -> None:
        """Roll the session clock forward. Of a new day only symbols are known whose state was read later."""
        if self.session and session <= self.session:
            return
        if self.session and session.day == self.session.day:
            self.session = self.table.session = session
        else:
            self._start_again(session, revision)

    def _move(self, session: Session, revision: int, *, keeps: bool) -> None:
        if not keeps:
            self._start_again(session, revision)
            return
        self.session = self.table.session = session
        self._columns["ranked"][self._columns["revision"] < revision] = False

    def _start_again(self, session: Session, revision: int) -> None:
        state, order = self.state(), np.argsort(self.table.places())
        is_later = self._columns["revision"][order] >= revision
        self._start(session)
        if is_later.any():
            self._load({name: column[is_later] for name, column in state.items()})

    def _start(self, session: Session) -> None:
        self.session = session
        self.table.start(session)
        self._empty(len(self._has_changed))

    def _apply_bars(self, bars: Bars) -> None:
        starts = bars["start_timestamp"]
        session = session_of(int(starts.max()))
        if not self.session or session > self.session:
            self._roll_to(session, int(bars["revision"][starts >= session.start].min()))
        day = self._day()
        bars, rows = self._taken(_those(bars, (starts >= day.start) & (starts < day.end)), at_revision=True)
        if not len(rows):
            return
        merge(self._columns, rows, bars, day.opening, day.close)
        self._has_changed[rows] = True
        self._columns["ranked"][rows[bars["outcome"] == _APPLIED] if "outcome" in bars else rows] = True

    def _taken(self, events: Bars, *, at_revision: bool) -> tuple[Bars, Rows]:
        """Those of some events that are not part of their symbols' state yet, with the symbols' rows.

        Args:
            events: with symbols and revisions.
            at_revision: whether those of the very revision of the state are taken too: to apply a bar again
                changes nothing, and an entry that has changed no row has the revision of the one before.
        """
        rows = self._rows(events["symbol"])
        if self._ahead:
            known, revisions = self._columns["revision"][rows], events["revision"]
            new = revisions >= known if at_revision else revisions > known
            return _those(events, new), rows[new]
        return events, rows

    def _apply_restored(self, restored: Mapping[str, NDArray[Any]]) -> None:
        restored, rows = self._taken(self._of_traded(restored), at_revision=True)
        merge_restored(self._columns, rows, restored)
        self._has_changed[rows] = True

    def _apply_references(self, references: Mapping[str, NDArray[Any]]) -> None:
        references, rows = self._taken(self._of_traded(references), at_revision=False)
        self._columns["ranked"][rows] = True
        # Rows that were ranked again with the reference data that they had bring no figures.
        last = np.flatnonzero(~np.isnan(references[REFERENCES[0].name]))
        last = last[greatest(rows[last], [references[name][last] for name in ("position", "event")])]
        rows, references = rows[last], _those(references, last)
        for column in REFERENCES:
            self._columns[column.name][rows] = references[column.name]
        self._columns["stand_ins"][rows] = [_stand_ins(names) for names in references["stand_ins"].tolist()]
        has_profile = references["rvol_sessions"] > 0
        columns = (references["symbol"].tolist(), references["position"].tolist(), has_profile.tolist())
        for row, symbol, position, has in zip(rows.tolist(), *columns, strict=True):
            learned = self.profiles.before(symbol, position) if has else None
            self._columns["profile_position"][row] = learned.position if learned else 0
            self._means[row] = learned.means if learned else 0
        self._has_changed[rows] = True

    def _of_traded(self, events: Mapping[str, NDArray[Any]]) -> Mapping[str, NDArray[Any]]:
        """Those whose symbols have traded on the day; others are of the day before."""
        return _those(events, np.array([self.table.row(each) is not None for each in events["symbol"]], bool))

    # --- what follows from it

    def settle(self) -> Rows:
        """Bring the table up to date. Returns the rows that have changed since the last call."""
        rows = np.flatnonzero(self._has_changed[: len(self.table)])
        self.table.session, self.table.positions = self.session, (self.revision,)
        self.table.is_ranked = self._columns["ranked"][: len(self.table)]
        if len(rows):
            self._has_changed[rows] = False
            day = self._day()
            state = {name: column[rows] for name, column in self._columns.items()}
            made = numbers(state, self._means[rows], day.start, day.opening, day.close)
            self.table.put(rows, made, self.revision)
        return rows

    def of_bars(self, name: str) -> NDArray[np.float64]:
        """A field that the newest bars bring, by row number; up to date also before :meth:`settle`. A view."""
        column: NDArray[np.float64] = self._columns[name][: len(self.table)]
        return column

    def board(self, board: Board, size: int) -> Rows:
        """The rows of a board, the first one first. :meth:`settle` comes before.

        Args:
            board: which one.
            size: rows that it has at most.
        """
        return self.table.first_of(board, size)

    def snapshot(self, board: Board, size: int) -> bytes:
        """A board as it is published: see :meth:`board`."""
        return self.table.board(self.board(board, size))

    def _day(self) -> _Day:
        if self.session is None:
            raise ValueError("no session has begun")
        return _day_of(self.session.day)


@cache
def _stand_ins(names: str) -> int:
    """The sum that a state has, of the names of fields for which a bar stands in, between commas."""
    return sum(STAND_INS[name] for name in names.split(",")) if names else 0


def _in_effect(events: Mapping[str, NDArray[Any]], outcomes: str) -> Mapping[str, NDArray[Any]]:
    """The events with one of some outcomes; empty if there are none. Without outcomes they all are in effect."""
    if not events or "outcome" not in events:
        return events
    taken = np.isin(events["outcome"].astype("U1"), [*outcomes])
    return _those(events, taken) if taken.any() else {}


def _with_openings(bars: Bars, restored: Mapping[str, NDArray[Any]]) -> Bars:
    """The bars, each with the start and the end of the bar whose open price it has: of most its own."""
    opens = {"open_start": bars["start_timestamp"], "open_end": bars["end_timestamp"]}
    if restored:
        opens = {name: column.copy() for name, column in opens.items()}
        columns = (restored[name].tolist() for name in ("position", "event", "open_start", "open_end"))
        for position, event, start, end in zip(*columns, strict=True):
            of_event = (bars["position"] == position) & (bars["event"] == event)
            opens["open_start"][of_event], opens["open_end"][of_event] = start, end
    return {**bars, **opens}


def _those(events: Mapping[str, NDArray[Any]], which: NDArray[Any]) -> Mapping[str, NDArray[Any]]:
    if which.dtype == np.bool_ and which.all():
        return events
    return {name: column[which] for name, column in events.items()}


def _between_moves(tables: Tables) -> Iterator[Tables]:
    """The tables in portions, each of which begins with a move of the session clock, but for the first."""
    sessions = tables.get(schema.SESSIONS.name)
    moved = [] if sessions is None else np.char.startswith(sessions["kind"].astype("U"), "move").tolist()
    if sessions is None or not any(moved):
        yield tables
        return
    borders = [-1, *np.sort(sessions["position"][moved]).tolist(), np.iinfo(np.int64).max]
    for first, end in pairwise(borders):
        yield {
            name: _those(table, (table["position"] >= first) & (table["position"] < end))
            for name, table in tables.items()
            if "position" in table
        }
