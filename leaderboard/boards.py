"""The boards: which there are, what ranks them, when they are cleared."""

from dataclasses import dataclass

from leaderboard import keys


@dataclass(frozen=True)
class Board:
    """One ranked board, highest score first.

    Attributes:
        name: what it is called in keys and commands.
        score: the row's field that ranks it, one of :data:`leaderboard.row.EVENT_FIELDS`.
        clears_at_open: cleared at 09:30 as well as at 04:00, and holding only symbols whose newest event is of
            the current session.
        only_rises: within a day the score never falls, so that a symbol cut off the end cannot belong back on
            it without a new event, and cutting the set to the published size is exact.
    """

    name: str
    score: str
    clears_at_open: bool = False
    only_rises: bool = False

    @property
    def key(self) -> str:
        return keys.board(self.name)

    @property
    def scanner(self) -> str:
        return keys.scanner(self.name)


BOARDS = (
    Board("volume", score="accumulated_volume", only_rises=True),
    Board("gappers", score="pct_change"),
    Board("gainers", score="pct_change_since_open", clears_at_open=True),
)

BY_NAME = {board.name: board for board in BOARDS}
