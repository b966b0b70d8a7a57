"""A board as a table, for any width of terminal."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from leaderboard.boards import Board
from watch import numbers
from watch.row import Row

# Characters between two columns: what has to be, and what a wide terminal may add to it. The eye loses a row whose
# cells stand too far apart.
_GAP = 2
_MORE_GAP = 4
_SYMBOL = 8
_LONGEST_SYMBOL = 24


@dataclass(frozen=True)
class _Column:
    title: str
    width: int
    cell: Callable[[Row], Text]
    justify: Literal["left", "right"] = "right"


def board_table(board: Board, rows: Sequence[Row], width: int) -> RenderableType:
    """The rows as a table, one line each, below its line of titles.

    A terminal too narrow for all columns shows the first of them; no number is ever cut or wrapped.

    Args:
        board: the board they are of: it decides what the change is measured from.
        rows: what to show, best first.
        width: characters there are.
    """
    if not rows:
        return Text("No symbols yet")
    columns = _that_fit(_columns(board), width)
    spare = width - _width(columns)
    longest = max(len(row.symbol) for row in rows)
    more_symbol = max(0, min(spare, longest - _SYMBOL))
    # What the longest of all symbols may need is left out of it: the gaps stay as they are when one comes.
    more_gap = (spare - (_LONGEST_SYMBOL - _SYMBOL)) // len(columns)
    gap = _GAP + max(0, min(_MORE_GAP, more_gap))

    table = Table(box=None, padding=(0, gap, 0, 0), pad_edge=False, header_style="bold")
    for column in columns:
        # Widths are fixed, so that columns stand still from snapshot to snapshot.
        more = more_symbol if column.title == "Symbol" else 0
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
    return [
        _Column("Rank", 4, lambda row: Text(str(row.rank))),
        _Column("Symbol", _SYMBOL, lambda row: Text(row.symbol, style="bold"), justify="left"),
        _Column("Price", 10, lambda row: Text(numbers.price(row.close))),
        *(_since_open() if board.change_since == "open" else _since_close()),
        _Column("Volume", 6, lambda row: Text(numbers.quantity(row.accumulated_volume))),
        _Column("Rel vol", 7, lambda row: _known(row.avg_volume, numbers.multiple(row.relative_volume))),
        _Column("Float", 6, lambda row: _known(row.free_float, numbers.quantity(row.free_float))),
    ]


def _since_open() -> list[_Column]:
    return [
        _Column(
            "Since open",
            11,
            lambda row: _coloured(row.change_since_open, numbers.change(row.change_since_open, row.close)),
        ),
        _Column(
            "%", 10, lambda row: _coloured(row.pct_change_since_open, numbers.percent(row.pct_change_since_open))
        ),
    ]


def _since_close() -> list[_Column]:
    return [
        _Column("Since close", 11, lambda row: _coloured(row.change, numbers.change(row.change, row.close))),
        _Column("%", 10, lambda row: _coloured(row.pct_change, numbers.percent(row.pct_change))),
    ]


def _coloured(change: float, shown: str) -> Text:
    # The sign says the same, for those who do not see the colour.
    return Text(shown, style="green" if change > 0 else "red" if change < 0 else "")


def _known(base: float, shown: str) -> Text:
    """What is shown, unless nobody knows what it is made of: the core stores that as 0."""
    return Text(shown) if base else Text(numbers.UNKNOWN, style="dim")


def _that_fit(columns: Sequence[_Column], width: int) -> Sequence[_Column]:
    while len(columns) > 1 and _width(columns) > width:
        columns = columns[:-1]
    return columns


def _width(columns: Sequence[_Column]) -> int:
    return sum(column.width for column in columns) + _GAP * (len(columns) - 1)
