"""The table of a board: what it shows and that it fits, whatever the terminal."""

import sys
from collections.abc import Sequence

import msgspec
import pytest
from rich.console import Console, RenderableType

from leaderboard.boards import Board, Order
from leaderboard.screens.definition import BOARDS, BY_NAME, Definition
from tests.support.watch.rows import row
from watch.terminal.row import Row
from watch.terminal.table import board_table

VOLUME, GAPPERS, GAINERS = (BY_NAME[name] for name in ("volume", "gappers", "gainers"))


def lines(renderable: RenderableType, width: int) -> list[str]:
    """What a terminal of that width would show, without its colours."""
    console = Console(width=width, height=100, color_system=None)
    with console.capture() as capture:
        console.print(renderable)
    return capture.get().splitlines()


def cells(board: Definition, rows: Sequence[Row]) -> list[list[str]]:
    """The table's lines below its titles, cell by cell."""
    return [line.split() for line in lines(board_table(board, rows, 80), 80)[1:]]


def test_a_row_shows_rank_price_change_volume_and_float() -> None:
    # Given a symbol at the top
    rows = [row(1, "AAPL")]

    # When the gainers board is shown
    titles, shown = lines(board_table(GAINERS, rows, 80), 80)

    # Then each number stands below its title, the change being the one since the open
    assert [title.strip() for title in titles.split("  ") if title] == [
        "Rank", "Symbol", "Price", "Since open", "%", "Volume", "Vol/avg", "Float",
    ]  # fmt: skip
    assert shown.split() == ["1", "AAPL", "12.34", "-0.50", "-3.89%", "12.3M", "3.00", "91.0M"]


@pytest.mark.parametrize("board", [VOLUME, GAPPERS])
def test_volume_and_gappers_show_the_change_since_the_previous_close(board: Definition) -> None:
    titles = lines(board_table(board, [row(1, "AAPL")], 80), 80)[0]

    assert "Since close" in titles
    assert cells(board, [row(1, "AAPL")])[0][3:5] == ["+2.00", "+19.34%"]


def test_what_nobody_knows_is_not_shown_as_zero() -> None:
    # Given a symbol without reference data
    rows = [row(1, "AAPL", avg_volume=0.0, relative_volume=0.0, free_float=0.0)]

    # Then its relative volume and its float are left open
    assert cells(VOLUME, rows)[0][-2:] == ["-", "-"]


def test_an_empty_board_says_so() -> None:
    assert lines(board_table(GAINERS, [], 80), 80) == ["No symbols yet"]


EXTREME = {
    "close": 999_999.99,
    "change": -999_999.99,
    "pct_change": -9_999.99,
    "accumulated_volume": 999.9e12,
    "relative_volume": sys.float_info.max,
    "free_float": sys.float_info.max,
}


@pytest.mark.parametrize("board", BOARDS)
def test_eighty_columns_hold_every_column_whole(board: Definition) -> None:
    # Given usual rows, cheap and dear ones, and the widest there can be
    rows = [
        row(1, "AAPL"),
        row(99, "PENNY", close=0.0312, change=-0.0001, change_since_open=0.0002),
        row(500, "BRK.A", close=172_000.0, change=-6_451.63),
        row(1000, "ABCDEFGH", **EXTREME),
    ]

    # When they are shown at 80 columns
    shown = lines(board_table(board, rows, 80), 80)

    # Then each takes one line of as many cells, none is wider than the terminal and nothing is cut
    assert len(shown) == 1 + len(rows)
    assert max(map(len, shown)) <= 80
    assert "…" not in "".join(shown)
    assert len({len(line.split()) for line in shown[1:]}) == 1


def test_numbers_end_in_one_column() -> None:
    # Given numbers of different lengths
    rows = [row(1, "A", close=1.0), row(10, "BB", close=1000.0)]

    # When they are shown
    first, second = lines(board_table(GAINERS, rows, 80), 80)[1:]

    # Then they are aligned on the right
    assert first.index("1.00") + len("1.00") == second.index("1,000.00") + len("1,000.00")
    assert len(first) == len(second)


def test_a_long_symbol_is_cut_where_there_is_no_room_for_it() -> None:
    # Given the longest symbol there can be
    rows = [row(1, "ABCDEFGHIJKLMNOPQRSTUVWX")]

    # Then at 80 columns it ends in an ellipsis, and the numbers behind it are whole
    assert cells(GAINERS, rows)[0][1].endswith("…")
    assert cells(GAINERS, rows)[0][2:] == ["12.34", "-0.50", "-3.89%", "12.3M", "3.00", "91.0M"]

    # And a wide terminal shows all of it
    assert "ABCDEFGHIJKLMNOPQRSTUVWX" in lines(board_table(GAINERS, rows, 140), 140)[1]


@pytest.mark.parametrize("width", [4, 20, 40, 60, 75, 76, 96, 140, 400])
def test_any_width_holds_whole_columns_only(width: int) -> None:
    # Given rows of usual width
    rows = [row(rank, "AAPL") for rank in range(1, 11)]

    # When they are shown
    shown = lines(board_table(GAINERS, rows, width), width)

    # Then no line is wrapped or cut: what does not fit is a column less
    assert len(shown) == 11
    assert max(map(len, shown)) <= width
    assert "…" not in "".join(shown)


def test_colour_only_repeats_what_the_sign_says() -> None:
    # Given a symbol that rose and one that fell
    rows = [row(1, "UP"), row(2, "DOWN", change=-2.0, pct_change=-19.0)]

    # When they are shown in colours
    console = Console(width=80, color_system="standard", force_terminal=True, no_color=False)
    with console.capture() as capture:
        console.print(board_table(GAPPERS, rows, 80))
    up, down = capture.get().splitlines()[1:]

    # Then rises are green, falls red, and both are signed
    green, red = "\x1b[32m", "\x1b[31m"
    assert green in up
    assert "+2.00" in up
    assert red not in up
    assert red in down
    assert "-2.00" in down
    assert green not in down


def test_a_board_by_another_field_shows_it_behind_the_price() -> None:
    # Given a board that ranks the smallest average trades
    board = Definition.of_board(Board("retail", "Retail", "by average trade", "average_size", Order.ASCENDING))
    rows = [row(1, "AAPL", average_size=85.0), row(2, "MSFT", average_size=0.0)]

    # When it is shown
    titles, first, second = lines(board_table(board, rows, 80), 80)

    # Then its field has a column, under its title, and what is unknown is left open
    assert titles.split()[:5] == ["Rank", "Symbol", "Price", "Avg", "trade"]
    assert first.split()[:5] == ["1", "AAPL", "12.34", "85", "+2.00"]
    assert second.split()[:5] == ["2", "MSFT", "12.34", "-", "+2.00"]


def test_a_number_that_was_not_published_is_left_open() -> None:
    bare = Row(1, "AAPL", {"close": 12.34})

    assert cells(GAINERS, [bare]) == [["1", "AAPL", "12.34", "-", "-", "-", "-", "-"]]


def test_a_screen_shows_what_ranks_it_then_its_conditions_then_the_usual() -> None:
    # Given a screen by a window field, with conditions on fields of all kinds
    screen = Definition(
        name="runners",
        title="Runners",
        caption="by % change 5m",
        field="pct_change_5m",
        order=Order.DESCENDING,
        size=100,
        hours=(),
        conditions=("volume_5m >= 1000", "close >= 0.99 * vwap", "field_of_tomorrow > 1"),
        change_since="close",
    )
    rows = [row(1, "AAPL", pct_change_5m=12.5, vwap=12.0), row(2, "MSFT", volume_5m=12_000.0, vwap=12.0)]

    # When it is shown
    titles, first, second = lines(board_table(screen, rows, 140), 140)

    # Then its own columns come first, each once, and a null is left open
    assert [title.strip() for title in titles.split("  ") if title] == [
        "Rank", "Symbol", "5 min %", "5 min vol", "Price", "Bar VWAP",
        "Since close", "%", "Volume", "Vol/avg", "Float",
    ]  # fmt: skip
    assert first.split()[:6] == ["1", "AAPL", "+12.50%", "-", "12.34", "12.00"]
    assert second.split()[:6] == ["2", "MSFT", "-", "12.0K", "12.34", "12.00"]


def test_the_title_of_a_column_that_is_also_usual_is_there_once() -> None:
    screen = Definition.of_board(Board("fallers", "Fallers", "by %", "pct_change", Order.ASCENDING))

    titles = lines(board_table(msgspec.structs.replace(screen, size=10), [row(1, "AAPL")], 96), 96)[0]

    assert [title.strip() for title in titles.split("  ") if title] == [
        "Rank", "Symbol", "Chg %", "Price", "Since close", "Volume", "Vol/avg", "Float",
    ]  # fmt: skip
