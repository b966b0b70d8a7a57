"""The whole display: the header, a notice if the connection is lost, and the board."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.styled import Styled
from rich.text import Text

from leaderboard.boards import Board
from watch.terminal.header import header
from watch.terminal.row import Row
from watch.terminal.snapshots import Status
from watch.terminal.table import board_table

# The header, the notice below it and the table's titles.
_LINES_ABOVE = 3


@dataclass(frozen=True)
class Screen:
    """What to display. Its ages are those of the moment at which it is rendered.

    Attributes:
        board: the board that is watched.
        most: rows to show; None: as many as fit.
        rows: of the last snapshot.
        status: of the last snapshot; None before the first answer of Redis.
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
        # Numbers that may have changed since are dimmed.
        yield Styled(board_table(self.board, shown, options.max_width), "dim" if self.notice else "")
