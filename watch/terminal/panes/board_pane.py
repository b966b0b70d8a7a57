"""One board in the terminal."""

from collections.abc import Sequence
from dataclasses import replace

from rich.console import RenderableType
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widget import Widget

from leaderboard.screens.definition import Definition
from watch.terminal.arranged_rows import EVERYTHING, RowFilter, Sort
from watch.terminal.row import Row, newest
from watch.terminal.snapshots import Status
from watch.terminal.table import sortable_fields
from watch.terminal.view import View

#: Columns that a board needs to be readable beside another one.
NARROWEST = 76


class _Head(Widget):
    """The lines above a board's table. They change by themselves: they have ages."""

    def render(self) -> RenderableType:
        assert isinstance(self.parent, BoardPane)
        return self.parent.view.head()


class _Table(Widget):
    """A board's table. Drawing it costs the most, so it is a widget of its own."""

    def render(self) -> RenderableType:
        assert isinstance(self.parent, BoardPane)
        return self.parent.view.table(*self.size)


class BoardPane(Vertical, can_focus=True):
    """Shows a board, and has its keys: arrows choose a row or a column to sort by.

    Args:
        board: the board or screen to show.
        most: rows to show; None: as many as fit.
        notice: what is said before Redis has answered.
    """

    DEFAULT_CSS = """
    _Head { height: 2; }
    _Table { height: 1fr; }
    """

    class Selected(Message):
        """The user has chosen a symbol."""

        def __init__(self, symbol: str) -> None:
            super().__init__()
            self.symbol = symbol

    def __init__(self, board: Definition, most: int | None, notice: str) -> None:
        super().__init__()
        self.view = View(board, most, notice=notice)
        self._head = _Head()
        self._table = _Table()

    def compose(self) -> ComposeResult:
        yield self._head
        yield self._table

    def draw_ages(self) -> None:
        """Show how old the board is by now."""
        self._head.refresh()

    def show(self, board: Definition) -> None:
        """Show another board, with none of its rows yet."""
        kept = replace(self.view, rows=(), notice="", row_filter=EVERYTHING, sort=None)
        self._change(replace(kept, board=board))

    def update_board(self, board: Definition, rows: Sequence[Row]) -> None:
        """Take a snapshot of the board."""
        self._change(replace(self.view, board=board, rows=rows))

    def update_status(self, status: Status, notice: str) -> None:
        """Take how Redis says that things stand, and what is wrong."""
        status = replace(status, newest=newest(self.view.rows))
        self._change(replace(self.view, status=status, notice=notice, connected=True))

    def lose(self, notice: str) -> None:
        """Say that Redis cannot be reached."""
        self._change(replace(self.view, notice=notice, connected=False))

    def select(self, symbol: str | None) -> None:
        """Mark a symbol."""
        self._change(replace(self.view, selected=symbol))

    def filter(self, row_filter: RowFilter) -> None:
        """Show only the rows that pass."""
        self._change(replace(self.view, row_filter=row_filter))

    def on_focus(self) -> None:
        self._change(replace(self.view, has_keys=True))

    def on_blur(self) -> None:
        self._change(replace(self.view, has_keys=False))

    def _change(self, view: View) -> None:
        status = view.status
        if self.view.status is None or replace(self.view, status=status) != view:
            self._table.refresh()
        self.view = view
        self.draw_ages()

    # --- keys

    def move(self, rows: int) -> None:
        """Choose the symbol so many rows below the selected one."""
        shown = self.view.arranged
        if not shown:
            return
        position = self.view.position()
        target = (rows - 1 if rows > 0 else 0) if position is None else position + rows
        self.post_message(self.Selected(shown[max(0, min(target, len(shown) - 1))].symbol))

    def page(self) -> int:
        """Rows that a page has."""
        return max(1, self._table.size.height - 2)

    def sort_by(self, columns: int) -> None:
        """Sort by the column so many columns right of the one that it is sorted by."""
        fields = sortable_fields(self.view.board, self.size.width)
        sort = self.view.sort
        at = fields.index(sort.field) + columns if sort and sort.field in fields else min(columns, 0)
        self._change(replace(self.view, sort=Sort(fields[at % len(fields)])))

    def reverse(self) -> None:
        """Have the lowest come first, or the highest again."""
        sort = self.view.sort or Sort(self.view.board.field, not self.view.board.ascending)
        self._change(replace(self.view, sort=sort.reversed()))

    def by_rank(self) -> None:
        """Show the board as it was published."""
        self._change(replace(self.view, sort=None, row_filter=EVERYTHING))
