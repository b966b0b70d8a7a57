"""The table of the whole market, filled with numbers instead of quotes."""

import msgspec
import numpy as np
from numpy.typing import NDArray

from leaderboard.boards import Board, Holds
from leaderboard.doubles import shortened
from leaderboard.fields import NAMES
from leaderboard.market.quotes import NUMBERS
from leaderboard.market.table import MarketTable, Numbers, Rows
from leaderboard.sessions import Session

_Row = msgspec.defstruct("_Row", [(NAMES[0], str), *((name, float) for name in NUMBERS)], gc=False)


class FoldedTable(MarketTable):
    """A market table whose rows are written as JSON only when they are asked for and have changed.

    Attributes:
        is_ranked: by row number, whether a board of the session shown may hold the symbol. An operator who moves
            the session clock takes symbols off it until their next bar.
    """

    is_ranked: NDArray[np.bool_]

    def _empty(self) -> None:
        super()._empty()
        self.is_ranked = np.zeros(0, bool)
        self._is_stale = np.zeros(len(self._revisions), bool)

    def start(self, session: Session) -> None:
        """Empty the table for a day."""
        self._empty()
        self.resets += 1
        self.session = session

    def numbered(self, symbols: list[str]) -> Rows:
        """The row numbers of `symbols`; new ones get the next."""
        rows = self._numbered(symbols)
        room = len(self._revisions) - len(self._is_stale)
        self._is_stale = np.pad(self._is_stale, (0, room))
        return rows

    def put(self, rows: Rows, numbers: Numbers, revision: int) -> None:
        """Give rows other numbers.

        Args:
            rows: their numbers, each once.
            numbers: of shape (numeric fields, rows).
            revision: at which they have changed.
        """
        self._columns[: len(NUMBERS), rows] = numbers
        self._revisions[rows] = revision
        self._is_stale[rows] = True

    def numbers(self) -> Numbers:
        """The rows' numbers, shape (numeric fields, rows). A view."""
        return self._columns[: len(NUMBERS), : len(self)]

    def rows_of_board(self, rows: Rows) -> list[bytes]:
        """Rows as JSON objects, with their rank first: as boards have them.

        Args:
            rows: row numbers, in the order of their ranks.
        """
        self._write_bodies(rows)
        return [b'{"rank":%d,%b}' % (rank, self._bodies[row]) for rank, row in enumerate(rows.tolist(), 1)]

    def quotes(self, rows: Rows) -> list[bytes]:
        """Rows as JSON objects without a rank: as quotes are published.

        Args:
            rows: row numbers.
        """
        self._write_bodies(rows)
        return [b"{%b}" % self._bodies[row] for row in rows.tolist()]

    def board(self, rows: Rows) -> bytes:
        """Rows as one JSON array of objects, with their rank first: as boards are published.

        Args:
            rows: row numbers, in the order of their ranks.
        """
        if not len(rows):
            return b"[]"
        self._write_bodies(rows)
        parts = [b"}]"] * (2 * len(rows) + 1)
        parts[:-1:2] = self._heads_of(len(rows))
        parts[1::2] = self._bodies.take(rows).tolist()
        return b"".join(parts)

    def holds(self, board: Board) -> NDArray[np.bool_]:
        of_session = super().holds(board)
        return of_session if board.holds is Holds.DAY or self.session is None else of_session & self.is_ranked

    def snapshot(self, rows: Rows) -> bytes:
        self._write_bodies(rows)
        return super().snapshot(rows)

    def ranked(self, rows: Rows, *, first: int = 1) -> list[bytes]:
        self._write_bodies(rows)
        return super().ranked(rows, first=first)

    def unranked(self, rows: Rows) -> list[bytes]:
        self._write_bodies(rows)
        return super().unranked(rows)

    def places(self) -> NDArray[np.intp]:
        """By row number, the symbol's place among all symbols, sorted byte by byte."""
        return self._places()

    def _write_bodies(self, rows: Rows) -> None:
        rows = rows[self._is_stale[rows]]
        if not len(rows):
            return
        numbers = self._columns[: len(NUMBERS), rows].T.tolist()
        symbols = map(self.symbols.__getitem__, rows.tolist())
        array = msgspec.json.encode([_Row(symbol, *row) for symbol, row in zip(symbols, numbers, strict=True)])
        self._bodies[rows] = shortened(array)[2:-2].split(b"},{")
        self._is_stale[rows] = False
