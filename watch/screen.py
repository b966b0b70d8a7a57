"""What the terminal shows: the header, what is wrong with the connection, the board."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.styled import Styled
from rich.text import Text

from leaderboard.boards import Board
from watch.header import header
from watch.row import Row
from watch.snapshots import Status
from watch.table import board_table

# The header, the notice below it and the table's titles.
_LINES_ABOVE = 3


@dataclass(frozen=True)
class Screen:
    """One state of the display. The ages in it are of the moment at which it is rendered.

    Attributes:
        board: the board that is watched.
        most: rows to show; None: as many as fit.
        rows: the last snapshot's.
        status: what was last known of the snapshot; None: nothing yet.
        notice: what is wrong with the connection; empty: nothing.
    """

    board: Board
    most: int | None
    rows: Sequence[Row] = ()
    status: Status | None = None
    notice: str = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        notice = Text(self.notice, style="bold red", no_wrap=True, overflow="ellipsis")
        if self.status is None:
            yield notice
            return
        yield header(self.board, len(self.rows), self.status, connected=not self.notice)
        yield notice
        fitting = max(1, (options.height or options.max_height) - _LINES_ABOVE)
        shown = self.rows[: fitting if self.most is None else min(fitting, self.most)]
        # What may have changed since must not look as if it were the present.
        yield Styled(board_table(self.board, shown, options.max_width), "dim" if self.notice else "")
