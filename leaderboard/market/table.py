"""The whole market in columns, kept up to date by the change feed."""

import logging
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from itertools import repeat, starmap
from operator import itemgetter
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from leaderboard.boards import BOARDS, Board, Holds
from leaderboard.doubles import shortened
from leaderboard.fields import SELECTABLE, WINDOWS
from leaderboard.market.change_feed import Changes
from leaderboard.market.quotes import NUMBERS, numbers_of_quotes
from leaderboard.market.selection import Condition, Selection
from leaderboard.sessions import Hours, Phase, Session
from leaderboard.shards import shard_of

log = logging.getLogger(__name__)

Numbers = NDArray[np.float64]
Rows = NDArray[np.intp]

#: Stands for the row of a symbol that the table lacks, as it does if the symbol's quote is no row.
NO_ROW = -1

_Windows: Any = msgspec.defstruct("_Windows", [(window.name, float) for window in WINDOWS], gc=False)
_AT = {name: at for at, name in enumerate(SELECTABLE)}
_FIRST_WINDOW = len(NUMBERS)
# Rows for which there is room at first.
_ROOM = 1024
# A quote without its braces.
_body: Any = itemgetter(slice(1, -1))


class Rank(NamedTuple):
    """A symbol's place on a board.

    Attributes:
        rank: from 1.
        of: symbols on the board, however many of them are published.
        percentile: percent of the other symbols that rank below it; 100 where there are none.
    """

    rank: int
    of: int
    percentile: float


class MarketTable:
    """The rows of all symbols that have traded on the day, by row number: they are numbered as they come.

    It is of one process and for one thread. A day of 11,000 symbols takes 15 MB; nothing outlasts the day.

    Args:
        servers: of how many the market is.

    Attributes:
        session: the session clock; None before the first event.
        positions: the revision of each server up to which changes were applied.
        away: indices of the servers whose rows are older than the others', or missing.
        resets: how often the table was emptied: row numbers from before mean nothing any more.
        symbols: by row number.
    """

    def __init__(self, servers: int = 1) -> None:
        self.session: Session | None = None
        self.positions: tuple[int, ...] = (0,) * servers
        self.away: frozenset[int] = frozenset()
        self.resets = 0
        self.symbols: list[str] = []
        self._empty()
        # By rank, from 1 on, what stands before a row in an array.
        self._heads: list[bytes] = []
        # Symbols whose quotes are no rows, each of which is logged once.
        self._invalid: set[str] = set()

    def _empty(self) -> None:
        self.symbols.clear()
        self._rows: dict[str, int] = {}
        # Of each row as JSON the part between its rank and its windows; and the windows, if they are written.
        # Arrays of objects list those of many rows in half the time that lists take.
        self._bodies = np.full(_ROOM, b"", object)
        self._tails = np.full(_ROOM, b"", object)
        self._is_written = np.zeros(_ROOM, bool)
        self._columns = np.full((len(SELECTABLE), _ROOM), np.nan)
        self._revisions = np.zeros(_ROOM, np.int64)
        # Digests of the symbols, of 16 bytes each; written when they are asked for.
        self._names = np.empty((0, 2), np.uint64)
        # Of each row the index of its server.
        self._servers = np.zeros(_ROOM, np.intp)
        # Row numbers in the order of their symbols, and each row's place in it.
        self._sorted: list[int] = []
        self._place: Rows = np.empty(0, np.intp)

    def __len__(self) -> int:
        return len(self.symbols)

    def apply(self, changes: Changes) -> None:
        """Have the table show the market as it was at the changes' revision.

        A quote that is no row is left out, and its symbol's row stays as it was.
        """
        if changes.since == 0:
            self._empty()
            self.resets += 1
        self.session, self.positions, self.away = changes.session, changes.positions, frozenset(changes.away)
        valid, numbers = numbers_of_quotes(changes.symbols, changes.quotes)
        symbols, quotes, revisions = changes.symbols, changes.quotes, changes.revisions
        if len(valid) < len(symbols):
            self._report(set(symbols), {symbols[at] for at in valid})
            symbols = [symbols[at] for at in valid]
            quotes = [quotes[at] for at in valid]
            revisions = [revisions[at] for at in valid]
        rows = self._numbered(symbols)
        # Column by column takes half the time of all at once.
        for column, values in zip(self._columns[:_FIRST_WINDOW], numbers.T, strict=True):
            column[rows] = values
        self._revisions[rows] = revisions
        self._bodies[rows] = [*map(_body, quotes)]

    def _numbered(self, symbols: Sequence[str]) -> Rows:
        """The row numbers of `symbols`; new ones get the next."""
        rows, known, servers = self._rows, len(self._rows), len(self.positions)
        numbers = [*map(rows.get, symbols)]
        if None in numbers:
            for symbol in symbols:
                if symbol not in rows:
                    rows[symbol] = len(rows)
                    self.symbols.append(symbol)
            numbers = [*map(rows.get, symbols)]
        while len(rows) > len(self._revisions):
            self._double_room()
        if servers > 1:
            self._servers[known : len(rows)] = [shard_of(symbol, servers) for symbol in self.symbols[known:]]
        return np.array(numbers, np.intp)

    def _double_room(self) -> None:
        self._columns = np.concatenate((self._columns, np.full_like(self._columns, np.nan)), axis=1)
        self._revisions = np.concatenate((self._revisions, np.zeros_like(self._revisions)))
        self._servers = np.concatenate((self._servers, np.zeros_like(self._servers)))
        self._is_written = np.concatenate((self._is_written, np.zeros_like(self._is_written)))
        self._bodies = np.concatenate((self._bodies, np.full_like(self._bodies, b"")))
        self._tails = np.concatenate((self._tails, np.full_like(self._tails, b"")))

    def _report(self, read: set[str], valid: set[str]) -> None:
        self._invalid -= valid
        if new := sorted(read - valid - self._invalid):
            log.error("quotes that are no rows were ignored: %s", ", ".join(new[:5]))
        self._invalid |= read - valid

    # --- what it holds

    def row(self, symbol: str) -> int | None:
        """The row number of a symbol; None: it has not traded on the day."""
        return self._rows.get(symbol)

    def rows(self, symbols: Iterable[str]) -> Rows:
        """The row numbers of symbols; :data:`NO_ROW`: the symbol has not traded on the day."""
        return np.array([*map(self._rows.get, symbols, repeat(NO_ROW))], np.intp)

    def column(self, name: str) -> Numbers:
        """A field's values by row number, in its unit; NaN where a window is unknown. A view, which changes.

        Args:
            name: one of :data:`leaderboard.fields.SELECTABLE`.
        """
        column: Numbers = self._columns[_AT[name], : len(self)]
        return column

    @property
    def revision(self) -> int:
        """The sum of :attr:`positions`: it rises with each change."""
        return sum(self.positions)

    def revisions(self) -> NDArray[np.int64]:
        """By row number, the revision of its server at which the row last changed. A view, which changes."""
        return self._revisions[: len(self)]

    def changed_since(self, positions: Sequence[int]) -> NDArray[np.bool_]:
        """By row number, whether the row has changed since its server's revision among `positions`."""
        if len(positions) == 1:
            return self.revisions() > positions[0]
        return self.revisions() > np.array(positions)[self._servers[: len(self)]]

    def fingerprints(self) -> NDArray[np.uint64]:
        """By row number, what decides the row's JSON: its symbol, its revision and its windows, shape (rows, 7).

        They are the same in every process whose table has the same row.
        """
        known, count = len(self._names), len(self)
        if known < count:
            new = b"".join(blake2b(each.encode(), digest_size=16).digest() for each in self.symbols[known:])
            self._names = np.concatenate((self._names, np.frombuffer(new, np.uint64).reshape(-1, 2)))
        fingerprints = np.empty((count, 3 + len(WINDOWS)), np.uint64)
        fingerprints[:, :2] = self._names
        fingerprints[:, 2] = self.revisions()
        fingerprints[:, 3:] = self._columns[_FIRST_WINDOW:, :count].view(np.uint64).T
        return fingerprints

    def set_windows(self, windows: Sequence[ArrayLike]) -> None:
        """Put the values of :data:`leaderboard.fields.WINDOWS`, each by row number; NaN: unknown."""
        count = len(self)
        for at, values in enumerate(windows, _FIRST_WINDOW):
            column = self._columns[at, :count]
            self._is_written[:count] &= (column == values) | np.isnan(column) & np.isnan(values)
            column[:] = values
            # There are many NaNs. All mean the same, and so they are the same in fingerprints.
            column[np.isnan(column)] = np.nan

    def _places(self) -> Rows:
        """By row number, the symbol's place among all symbols, sorted byte by byte."""
        if len(self._sorted) < len(self):
            # Sorting what is nearly sorted takes little: the new symbols are merged.
            self._sorted += range(len(self._sorted), len(self))
            self._sorted.sort(key=self.symbols.__getitem__)
            self._place = np.empty(len(self), np.intp)
            self._place[self._sorted] = np.arange(len(self))
        return self._place

    # --- selections

    def select(self, selection: Selection) -> Rows:
        """The numbers of the rows that a selection asks for, the first one first."""
        found = np.flatnonzero(self._satisfying(selection))
        values = self.column(selection.by).take(found)
        if not selection.ascending:
            np.negative(values, out=values)
        end = selection.offset + selection.limit
        if end < len(found):
            # Sort only those that are not behind the last one selected.
            near = np.flatnonzero(values <= np.partition(values, end - 1)[end - 1])
            found, values = found.take(near), values.take(near)
        return found.take(np.lexsort((self._places().take(found), values))[selection.offset : end])

    def count(self, selection: Selection) -> int:
        """How many rows a selection would have without its offset and limit."""
        return int(np.count_nonzero(self._satisfying(selection)))

    def _satisfying(self, selection: Selection) -> NDArray[np.bool_]:
        is_ranked = ~np.isnan(self.column(selection.by))
        return is_ranked & self.satisfying(selection.where, selection.hours)

    def satisfying(self, conditions: Sequence[Condition], hours: Sequence[Hours] = ()) -> NDArray[np.bool_]:
        """By row number, whether all conditions hold, and the row's newest bar is of one of some hours.

        Args:
            conditions: which; none: all rows satisfy them.
            hours: which; empty: any.
        """
        satisfying = self._of_hours(hours) if hours else np.ones(len(self), bool)
        with np.errstate(over="ignore"):
            for condition in conditions:
                satisfying &= condition.holds(self.column)
        return satisfying

    def _of_hours(self, hours: Sequence[Hours]) -> NDArray[np.bool_]:
        if self.session is None:
            return np.zeros(len(self), bool)
        opening = Session(self.session.day, Phase.REGULAR)
        starts = self.column("start_timestamp")
        pre, post = starts < opening.start, starts >= opening.close
        of = {Hours.PRE: pre, Hours.REGULAR: ~(pre | post), Hours.POST: post}
        satisfying: NDArray[np.bool_] = np.logical_or.reduce([of[each] for each in hours])
        return satisfying

    # --- rows as JSON

    def snapshot(self, rows: Rows) -> bytes:
        """Rows as one JSON array of objects, with their rank first and the windows last.

        Args:
            rows: row numbers, in the order of their ranks.
        """
        if not len(rows):
            return b"[]"
        self._write_windows(rows)
        # All parts are joined at once, because each copy of them takes time.
        parts = [b"}]"] * (3 * len(rows) + 1)
        parts[:-1:3] = self._heads_of(len(rows))
        parts[1::3] = self._bodies.take(rows).tolist()
        parts[2::3] = self._tails.take(rows).tolist()
        return b"".join(parts)

    def _heads_of(self, count: int) -> list[bytes]:
        """What stands before each of the rows in an array."""
        heads = self._heads
        # Written once: each tick has thousands of rows.
        heads.extend(b'},{"rank":%d,' % rank for rank in range(len(heads) + 1, count + 1))
        return [b'[{"rank":1,', *heads[1:count]]

    def ranked(self, rows: Rows, *, first: int = 1) -> list[bytes]:
        """Each of the rows as a JSON object, with its rank first and the windows last.

        Args:
            rows: row numbers, in the order of their ranks.
            first: rank of the first one.
        """
        self._write_windows(rows)
        return [
            b'{"rank":%d,%b%b}' % (rank, self._bodies[row], self._tails[row])
            for rank, row in enumerate(rows.tolist(), first)
        ]

    def unranked(self, rows: Rows) -> list[bytes]:
        """Each of the rows as a JSON object, with the windows last, and without a rank."""
        self._write_windows(rows)
        return [b"{%b%b}" % row for row in zip(self._bodies.take(rows), self._tails.take(rows), strict=True)]

    def _write_windows(self, rows: Rows) -> None:
        """Write the windows of rows as JSON, as far as they have changed since they were written last."""
        rows = rows[~self._is_written.take(rows)]
        if len(rows):
            # NaN becomes null.
            windows = self._columns[_FIRST_WINDOW:].take(rows, axis=1).T
            array = msgspec.json.encode([*starmap(_Windows, windows.tolist())])
            # With the comma that stands before them.
            self._tails[rows] = (b"," + shortened(array)[2:-2].replace(b"},{", b"\n,")).split(b"\n")
            self._is_written[rows] = True

    # --- boards

    def first_of(self, board: Board, size: int) -> Rows:
        """The row numbers of a board, the first one first.

        Args:
            board: which one.
            size: rows at most.
        """
        rows = np.flatnonzero(self.holds(board))
        values = self.column(board.field)[rows]
        values = values if board.ascending else -values
        if size < len(rows):
            # Sort only those that are not behind the last one.
            near = values <= np.partition(values, size - 1)[size - 1]
            rows, values = rows[near], values[near]
        # As Redis orders equal scores: the lesser name first, the whole order reversed on a descending board.
        places = self._places()[rows]
        return rows[np.lexsort((places if board.ascending else -places, values))][:size]

    def ranks(self, symbol: str) -> dict[str, Rank]:
        """A symbol's rank on each of the boards that hold it, by the board's name.

        It is the symbol's rank in the board's sorted set: of equal scores Redis ranks the greater name first,
        where the board is descending.
        """
        row = self.row(symbol)
        if row is None:
            return {}
        boards = ((board, self.holds(board)) for board in BOARDS)
        return {board.name: self._rank(board, row, on_board) for board, on_board in boards if on_board[row]}

    def holds(self, board: Board) -> NDArray[np.bool_]:
        """By row number, whether a board holds the symbol."""
        if board.holds is Holds.DAY or self.session is None:
            return np.ones(len(self), bool)
        is_pre = self.column("start_timestamp") < Session(self.session.day, Phase.REGULAR).start
        return np.asarray(is_pre == (self.session.phase is Phase.PRE))

    def _rank(self, board: Board, row: int, on_board: NDArray[np.bool_]) -> Rank:
        values, places = self.column(board.field)[on_board], self._places()[on_board]
        value, place = self.column(board.field)[row], self._places()[row]
        if board.ascending:
            before = (values < value) | (values == value) & (places < place)
        else:
            before = (values > value) | (values == value) & (places > place)
        rank, of = 1 + int(np.count_nonzero(before)), len(values)
        return Rank(rank, of, 100 * (of - rank) / (of - 1) if of > 1 else 100.0)
