"""A board as a table, for any width of terminal."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from leaderboard.boards import Board
from watch.field_display import FieldDisplay, display
from watch.terminal.field_text import field_text, width
from watch.terminal.numbers import UNKNOWN
from watch.terminal.row import Row

# Characters between two columns: the least, and how many a wide terminal adds at most. Cells further apart would
# no longer look like one row.
_GAP = 2
_MORE_GAP = 4
_SYMBOL = 8
_LONGEST_SYMBOL = 24


@dataclass(frozen=True)
class _Column:
    field: str
    title: str
    width: int
    cell: Callable[[Row], Text]
    justify: Literal["left", "right"] = "right"


def board_table(board: Board, rows: Sequence[Row], terminal_width: int) -> RenderableType:
    """The rows as a table, one line each, below its line of titles.

    A terminal too narrow for all columns shows the first of them; no number is ever cut or wrapped.

    Args:
        board: decides which change is shown, and whether its field needs a column of its own.
        rows: what to show, best first.
        terminal_width: in characters.
    """
    if not rows:
        return Text("No symbols yet")
    columns = _that_fit(_columns(board), terminal_width)
    spare = terminal_width - _width(columns)
    longest = max(len(row.symbol) for row in rows)
    more_symbol = max(0, min(spare, longest - _SYMBOL))
    # Room for the longest symbol is kept: the gaps do not shrink when it comes.
    more_gap = (spare - (_LONGEST_SYMBOL - _SYMBOL)) // len(columns)
    gap = _GAP + max(0, min(_MORE_GAP, more_gap))

    table = Table(box=None, padding=(0, gap, 0, 0), pad_edge=False, header_style="bold")
    for column in columns:
        # Widths are fixed, so that columns stand still from snapshot to snapshot.
        more = more_symbol if column.field == "symbol" else 0
        table.add_column(
            column.title,
            width=column.width + more,
            justify=column.justify,
            no_wrap=True,
            overflow="ellipsis",
        )
    for row in rows:
        table.add_row(*(column.cell(row) for column in columns))
    return table


def _columns(board: Board) -> list[_Column]:
    """All columns of a board, the most important first."""
    since_open = board.change_since == "open"
    shown = [
        _number("close", "Price"),
        _number("change_since_open" if since_open else "change", f"Since {board.change_since}"),
        _number("pct_change_since_open" if since_open else "pct_change", "%"),
        _number("accumulated_volume", "Volume"),
        _number("relative_volume", "Rel vol"),
        _number("free_float", "Float"),
    ]
    if all(column.field != board.field for column in shown):
        # What ranks the board stands behind the price.
        shown.insert(1, _number(board.field, display(board.field).title))
    return [
        _Column("rank", "Rank", 4, lambda row: Text(str(row.rank))),
        _Column("symbol", "Symbol", _SYMBOL, lambda row: Text(row.symbol, style="bold"), justify="left"),
        *shown,
    ]


def _number(name: str, title: str) -> _Column:
    field = display(name)
    return _Column(name, title, max(len(title), width(field)), lambda row: _cell(row, field))


def _cell(row: Row, field: FieldDisplay) -> Text:
    text = field_text(row, field)
    if text == UNKNOWN:
        return Text(text, style="dim")
    if not field.signed:
        return Text(text)
    # The sign says the same, for those who do not see the colour.
    value = row.numbers[field.name]
    return Text(text, style="green" if value > 0 else "red" if value < 0 else "")


def _that_fit(columns: Sequence[_Column], width: int) -> Sequence[_Column]:
    while len(columns) > 1 and _width(columns) > width:
        columns = columns[:-1]
    return columns


def _width(columns: Sequence[_Column]) -> int:
    return sum(column.width for column in columns) + _GAP * (len(columns) - 1)
