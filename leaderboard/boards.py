"""The boards, declared once: the scripts, the gateway, the page, the terminal and the tests all read this table.

A new board is one line in :data:`BOARDS`.
"""

from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from typing import Literal

from leaderboard import fields, keys
from leaderboard.sessions import DAY_START, OPEN


class Order(StrEnum):
    """Which score ranks first: the highest or the lowest."""

    DESCENDING = "descending"
    ASCENDING = "ascending"


class Holds(StrEnum):
    """Which symbols are on a board, and with that, when it is cleared.

    ``DAY``: all that have traded on the day; cleared at 04:00. ``SESSION``: those whose newest event is of the
    session shown; cleared at 04:00 and at 09:30.
    """

    DAY = "day"
    SESSION = "session"


@dataclass(frozen=True)
class Board:
    """One ranked board.

    Symbols with equal scores rank as Redis orders them: by name, descending on a descending board.

    Attributes:
        name: its name in keys, addresses and commands.
        title: its name for people.
        caption: what it ranks by, in a few words that follow the title.
        field: the field of the row that ranks it, one of :data:`leaderboard.fields.FIELDS` that follows events.
        order: whether the highest or the lowest value ranks first.
        holds: which symbols it holds, and with that, when it is cleared.
    """

    name: str
    title: str
    caption: str
    field: str
    order: Order = Order.DESCENDING
    holds: Holds = Holds.DAY

    def __post_init__(self) -> None:
        field = fields.BY_NAME.get(self.field)
        if field is None or not field.follows_events:
            raise ValueError(f"board {self.name}: no field {self.field!r} that follows events")

    @property
    def key(self) -> str:
        """The sorted set of symbol by score."""
        return keys.board(self.name)

    @property
    def scanner(self) -> str:
        """The cache key and channel of its published snapshot."""
        return keys.scanner(self.name)

    @property
    def ascending(self) -> bool:
        return self.order is Order.ASCENDING

    @property
    def clears_at_open(self) -> bool:
        return self.holds is Holds.SESSION

    @property
    def cleared_at(self) -> tuple[time, ...]:
        """The session starts that clear it, in New York."""
        return (DAY_START, OPEN) if self.clears_at_open else (DAY_START,)

    @property
    def change_since(self) -> Literal["close", "open"]:
        """Which change page and terminal show in its rows.

        ``open``, since the session's open, if the open decides the board's field; else ``close``, since the
        previous close.
        """
        return "open" if fields.BY_NAME[self.field].source is fields.Source.OPEN else "close"

    @property
    def trims_exactly(self) -> bool:
        """Whether it keeps only as many symbols as are published, because cutting the others loses nothing.

        That is so on a descending board whose field only rises. A symbol below the last place can come back
        only when its own value rises. It rises with an event, and that event puts the symbol back.
        """
        return fields.BY_NAME[self.field].only_rises and not self.ascending


BOARDS = (
    Board("volume", "Volume", "by shares traded today", "accumulated_volume"),
    Board("gappers", "Gappers", "by % since previous close", "pct_change"),
    Board("gainers", "Gainers", "by % since open", "pct_change_since_open", holds=Holds.SESSION),
)

BY_NAME = {board.name: board for board in BOARDS}
