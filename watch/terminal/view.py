"""A board on the screen: its header, a notice if something is wrong, and its rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from rich.console import Group, RenderableType
from rich.styled import Styled
from rich.text import Text

from leaderboard.screens.definition import Definition
from watch.field_display import display
from watch.terminal.arranged_rows import EVERYTHING, RowFilter, Sort, arranged
from watch.terminal.header import header
from watch.terminal.row import Row
from watch.terminal.snapshots import Status
from watch.terminal.table import board_table

# The line of the table's titles.
_TITLES = 1


@dataclass(frozen=True)
class View:
    """What to display. Its age is that of the moment at which its head is rendered.

    Attributes:
        board: the board or screen that is watched.
        most: rows to show; None: as many as fit.
        rows: of the last snapshot.
        status: of the last snapshot; None before the first answer of Redis.
        notice: what is wrong; empty: nothing.
        connected: whether Redis answers.
        row_filter: what rows have to satisfy.
        sort: what they are sorted by; None: by rank.
        selected: the symbol that is marked.
        has_keys: whether the user's keys go to this board. Then the selected row is kept in view.
    """

    board: Definition
    most: int | None
    rows: Sequence[Row] = ()
    status: Status | None = None
    notice: str = ""
    connected: bool = True
    row_filter: RowFilter = EVERYTHING
    sort: Sort | None = None
    selected: str | None = None
    has_keys: bool = False

    @cached_property
    def arranged(self) -> Sequence[Row]:
        """The rows that pass the filter, in order."""
        return arranged(self.rows, self.row_filter, self.sort)

    def position(self) -> int | None:
        """Where the selected symbol is among them; None: it is not."""
        symbols = [row.symbol for row in self.arranged]
        return symbols.index(self.selected) if self.selected in symbols else None

    @property
    def _arrangement(self) -> str:
        """How the user has sorted and filtered it; empty: it is shown as published."""
        parts = []
        if self.sort:
            direction = "highest first" if self.sort.descending else "lowest first"
            parts.append(f"sorted by {display(self.sort.field).title}, {direction}")
        if self.row_filter.text:
            parts.append(f"{len(self.arranged)} of {len(self.rows)} rows pass {self.row_filter.text}")
        return "; ".join(parts)

    def head(self) -> RenderableType:
        """The title with session and age, and below it what is wrong, or how rows are arranged."""
        notice = Text(self.notice, style="bold red", no_wrap=True, overflow="ellipsis")
        if self.status is None:
            return notice
        title = header(self.board, len(self.rows), self.status, connected=self.connected)
        if self.has_keys:
            title.stylize("reverse", 0, len(self.board.title))
        arrangement = Text(self._arrangement, style="yellow", no_wrap=True, overflow="ellipsis")
        return Group(title, notice if self.notice else arrangement)

    def table(self, width: int, height: int) -> RenderableType:
        """The rows that are in view, below their titles.

        Args:
            width: characters.
            height: lines.
        """
        if self.status is None:
            return ""
        fitting = max(1, height - _TITLES)
        table = board_table(
            self.board,
            self._in_view(fitting if self.most is None else min(fitting, self.most)),
            width,
            sort=self.sort,
            selected=self.selected,
            empty="No symbol passes the filter" if self.rows else "No symbols yet",
        )
        # Numbers that may have changed since are dimmed.
        return Styled(table, "dim" if self.notice else "")

    def _in_view(self, fitting: int) -> Sequence[Row]:
        """As many rows as fit: the first ones, or those up to the selected one if that is further down."""
        last = self.position() if self.has_keys else None
        first = max(0, (last or 0) - fitting + 1)
        return self.arranged[first : first + fitting]
