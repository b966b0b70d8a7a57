"""What a board or a screen is, as readers of the published boards have to know it.

The definitions of the screens are published (:data:`leaderboard.keys.SCREENS`), so that a change of the file
reaches terminal, gateway and page without a restart.
"""

from typing import Literal, Self

import msgspec

from leaderboard import boards, keys
from leaderboard.boards import Board, Order


class Definition(msgspec.Struct, frozen=True):
    """A board or a screen.

    Attributes:
        name: its name in keys, addresses and commands.
        title: its name for people.
        caption: what it ranks by, in a few words that follow the title.
        field: the field that ranks it.
        order: whether the highest or the lowest value ranks first.
        size: rows that it has at most; None: it is a board, and has ``BOARD_SIZE``.
        hours: it holds rows whose newest bar is of these hours only; empty: of any.
        conditions: that all of its rows satisfy, such as ``close >= 1``.
        change_since: which change is shown in its rows, since the session's open or the previous close.
    """

    name: str
    title: str
    caption: str
    field: str
    order: Order
    size: int | None
    hours: tuple[Literal["pre", "regular", "post"], ...]
    conditions: tuple[str, ...]
    change_since: Literal["close", "open"]

    @property
    def scanner(self) -> str:
        """The cache key and channel of its published snapshot."""
        return keys.scanner(self.name) if self.is_board else keys.screen(self.name)

    @property
    def is_board(self) -> bool:
        """Whether it is a board, whose size is a setting, and no screen."""
        return self.size is None

    @property
    def ascending(self) -> bool:
        return self.order is Order.ASCENDING

    @classmethod
    def of_board(cls, board: Board) -> Self:
        """The definition of a board, which has no conditions."""
        return cls(
            name=board.name,
            title=board.title,
            caption=board.caption,
            field=board.field,
            order=board.order,
            size=None,
            hours=(),
            conditions=(),
            change_since=board.change_since,
        )


#: The boards' definitions, in their order.
BOARDS = tuple(map(Definition.of_board, boards.BOARDS))
BY_NAME = {board.name: board for board in BOARDS}

encode = msgspec.json.Encoder().encode
_DECODER = msgspec.json.Decoder(tuple[Definition, ...])


def decode(published: bytes | None) -> tuple[Definition, ...]:
    """The definitions of the screens.

    Args:
        published: what :data:`leaderboard.keys.SCREENS` holds; None: nothing was published yet.

    Raises:
        msgspec.DecodeError: it holds something else.
    """
    return _DECODER.decode(published) if published else ()
