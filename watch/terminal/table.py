"""A board as a table, for any width of terminal."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from leaderboard import fields
from leaderboard.market.selection import Condition, ConditionError
from leaderboard.screens.definition import Definition
from watch.field_display import FieldDisplay, display
from watch.terminal.arranged_rows import Sort
from watch.terminal.field_text import field_text, width
from watch.terminal.numbers import UNKNOWN
from watch.terminal.row import Row

# Characters between two columns: the least, and how many a wide terminal adds at most. Cells further apart would
# no longer look like one row.
_GAP = 2
_MORE_GAP = 4
_SYMBOL = 8
_LONGEST_SYMBOL = 24
_SIGN_STYLES = {"+": "green", "-": "red"}


@dataclass(frozen=True)
class _Column:
    field: str
    title: str
    width: int
    cell: Callable[[Row], Text]
    justify: Literal["left", "right"] = "right"


def board_table(
    board: Definition,
    rows: Sequence[Row],
    terminal_width: int,
    *,
    sort: Sort | None = None,
    selected: str | None = None,
    empty: str = "No symbols yet",
) -> RenderableType:
    """The rows as a table, one line each, below its line of titles.

    A terminal too narrow for all columns shows the first of them; no number is ever cut or wrapped.

    Args:
        board: a board or a screen: decides which change is shown, and which fields have columns of their own.
        rows: what to show, in this order.
        terminal_width: in characters.
        sort: what they are sorted by; None: by rank.
        selected: the symbol that is marked.
        empty: what is said if there are no rows.
    """
    if not rows:
        return Text(empty)
    columns = _that_fit(_columns(board), terminal_width)
    longest = max(len(row.symbol) for row in rows)
    table = _titles(columns, longest, terminal_width - _width(columns), sort)
    for row in rows:
        style = "reverse" if row.symbol == selected else ""
        table.add_row(*(column.cell(row) for column in columns), style=style)
    return table


def _titles(columns: Sequence[_Column], longest: int, spare: int, sort: Sort | None) -> Table:
    """A table without rows.

    Args:
        columns: those that fit.
        longest: characters of the longest symbol.
        spare: characters that are left of the terminal's width.
        sort: what the rows are sorted by.
    """
    # Room for the longest symbol that can be is kept: the gaps do not shrink when it comes.
    more_gap = (spare - (_LONGEST_SYMBOL - _SYMBOL)) // len(columns)
    gap = _GAP + max(0, min(_MORE_GAP, more_gap))
    more_symbol = max(0, min(spare, longest - _SYMBOL))
    table = Table(box=None, padding=(0, gap, 0, 0), pad_edge=False, header_style="bold")
    for column in columns:
        # Widths are fixed, so that columns stand still from snapshot to snapshot.
        more = more_symbol if column.field == "symbol" else 0
        table.add_column(
            Text(column.title, style="bold underline" if sort and sort.field == column.field else "bold"),
            width=column.width + more,
            justify=column.justify,
            no_wrap=True,
            overflow="ellipsis",
        )
    return table


def sortable_fields(board: Definition, terminal_width: int) -> list[str]:
    """The fields of the columns that fit, from left to right, without rank and symbol."""
    return [column.field for column in _that_fit(_columns(board), terminal_width)][2:]


def _columns(board: Definition) -> list[_Column]:
    """All columns of a board or screen, the most important first."""
    since_open = board.change_since == "open"
    usual = [
        _number("close", "Price"),
        _number("change_since_open" if since_open else "change", f"Since {board.change_since}"),
        _number("pct_change_since_open" if since_open else "pct_change", "%"),
        _number("accumulated_volume", "Volume"),
        _number("relative_volume", display("relative_volume").title),
        _number("free_float", "Float"),
    ]
    own = [_number(name, display(name).title) for name in _own_fields(board)]
    if board.is_board:
        # Boards keep their columns where they are; a field that is none of the usual stands behind the price.
        added = [column for column in own if all(column.field != each.field for each in usual)]
        shown = [usual[0], *added, *usual[1:]]
    else:
        names = {column.field for column in own}
        shown = [*own, *(column for column in usual if column.field not in names)]
    return [
        _Column("rank", "Rank", 4, lambda row: Text(str(row.rank))),
        _Column("symbol", "Symbol", _SYMBOL, lambda row: Text(row.symbol, style="bold"), justify="left"),
        *shown,
    ]


def _own_fields(board: Definition) -> list[str]:
    """The field that ranks it, then those in its conditions, each once."""
    names = [board.field]
    for text in board.conditions:
        try:
            condition = Condition.parse(text)
        except ConditionError:
            # A newer release has published it.
            continue
        names += [condition.field, *([condition.other] if condition.other else [])]
    return [name for name in dict.fromkeys(names) if name in fields.SELECTABLE]


def _number(name: str, title: str) -> _Column:
    field = display(name)
    return _Column(name, title, max(len(title), width(field)), lambda row: _cell(row, field))


def _cell(row: Row, field: FieldDisplay) -> Text:
    text = field_text(row, field)
    if text == UNKNOWN:
        return Text(text, style="dim")
    # The sign says the same, for those who do not see the colour.
    return Text(text, style=_SIGN_STYLES.get(text[0], "") if field.signed else "")


def _that_fit(columns: Sequence[_Column], width: int) -> Sequence[_Column]:
    while len(columns) > 1 and _width(columns) > width:
        columns = columns[:-1]
    return columns


def _width(columns: Sequence[_Column]) -> int:
    return sum(column.width for column in columns) + _GAP * (len(columns) - 1)
