"""Which part of a board's rows a client follows."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Self

from leaderboard import boards
from leaderboard.fields import NAMES, SCREEN_NAMES
from watch.gateway.fanout.deltas.board_changes import Rows
from watch.gateway.fanout.feed import FeedError

_SYMBOL = "symbol"
# Not a field of a row: ranks follow from the order.
_RANK = "rank"
_BOARDS = frozenset(board.scanner for board in boards.BOARDS)
_BOARD_FIELDS = frozenset(NAMES)
_SCREEN_FIELDS = frozenset(SCREEN_NAMES)


@dataclass(frozen=True)
class Projection:
    """Some fields of the first rows. Equal projections are made once for all clients.

    Attributes:
        fields: their names, besides the symbol; None: all.
        limit: rows, best first; None: all.
    """

    fields: frozenset[str] | None = None
    limit: int | None = None

    @classmethod
    def parse(cls, channel: str, fields: Sequence[str] | None, limit: int | None) -> Self:
        """The projection that a client asks for.

        Args:
            channel: of the board or screen.
            fields: names, in any order; None: all.
            limit: rows at most; None: all.

        Raises:
            FeedError: the rows of that board have no such field.
        """
        if fields is None:
            return cls(None, limit)
        known: Collection[str] = _BOARD_FIELDS if channel in _BOARDS else _SCREEN_FIELDS
        for name in fields:
            if name != _RANK and name not in known:
                raise FeedError(f"the rows of {channel!r} have no field {name!r:.80}")
        return cls(frozenset(fields) - {_SYMBOL, _RANK}, limit)

    @property
    def is_whole(self) -> bool:
        """Whether it is the board as it was published."""
        return self.fields is None and self.limit is None

    def of(self, rows: Rows) -> Rows:
        """The part of a board. A row that lacks a field, of an older release, lacks it here too."""
        chosen = islice(rows.items(), self.limit)
        if self.fields is None:
            return dict(chosen)
        names = self.fields | {_SYMBOL}
        return {symbol: {name: row[name] for name in row if name in names} for symbol, row in chosen}


#: The board as it was published.
WHOLE = Projection()
