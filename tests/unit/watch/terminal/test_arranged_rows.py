"""Filtering and sorting rows in the terminal."""

import pytest

from leaderboard.market.selection import ConditionError
from tests.support.watch.rows import row
from watch.terminal.arranged_rows import RowFilter, Sort, arranged
from watch.terminal.row import Row

CHEAP = row(1, "AAB", close=1.5, rvol=9.0)
MIDDLE = row(2, "AAC", close=12.0, rvol=9.0)
DEAR = row(3, "BRK.A", close=700_000.0)
ROWS = [CHEAP, MIDDLE, DEAR]


def passing(text: str) -> list[Row]:
    return list(arranged(ROWS, RowFilter.parse(text), None))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ROWS),
        ("close >= 2", [MIDDLE, DEAR]),
        ("close >= 2, close <= 20", [MIDDLE]),
        ("aa", [CHEAP, MIDDLE]),
        ("AA, close<2", [CHEAP]),
        ("close > prev_day_close", []),
    ],
)
def test_a_filter_has_conditions_and_the_beginning_of_symbols(text: str, expected: list[Row]) -> None:
    assert passing(text) == expected


def test_an_unknown_figure_satisfies_no_condition() -> None:
    assert passing("rvol >= 0") == [CHEAP, MIDDLE]
    assert passing("rvol != 1") == [CHEAP, MIDDLE]


def test_a_condition_that_cannot_be_read_is_refused_with_a_sentence() -> None:
    with pytest.raises(ConditionError, match="there is no field 'klose'; similar: close"):
        RowFilter.parse("klose >= 2")


def test_rows_are_sorted_by_a_field_and_equal_ones_keep_their_order() -> None:
    everything = RowFilter()

    assert arranged(ROWS, everything, Sort("close")) == [DEAR, MIDDLE, CHEAP]
    assert arranged(ROWS, everything, Sort("close").reversed()) == [CHEAP, MIDDLE, DEAR]
    assert arranged(ROWS, everything, Sort("rvol")) == ROWS


@pytest.mark.parametrize("descending", [True, False])
def test_rows_without_the_figure_come_last(descending: bool) -> None:
    assert arranged([DEAR, CHEAP], RowFilter(), Sort("rvol", descending)) == [CHEAP, DEAR]
