"""The points of a session, and how they move apart."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as some

from watch.gateway.sparklines.close_grid import FIRST_STEP, POINTS, CloseGrid

START = 1_795_185_000_000
NAN = math.nan


def minute(count: float) -> int:
    """So many minutes after the start."""
    return START + round(count * FIRST_STEP)


def line(grid: CloseGrid, row: int = 0) -> list[float | None]:
    return [None if math.isnan(close) else close for close in grid.line(row)]


def test_a_point_is_the_last_close_of_its_span() -> None:
    grid = CloseGrid(START)
    for at, close in ((0.5, 1), (1, 2), (1.1, 3), (3.5, 4)):
        grid.put(minute(at), np.array([close]))

    # The third span had no bar; the last point is the newest close.
    assert line(grid) == [2, 3, 3, 4]
    assert (grid.step, grid.first) == (FIRST_STEP, 0)


def test_a_symbol_that_comes_later_has_no_closes_before() -> None:
    grid = CloseGrid(START)
    grid.put(minute(1), np.array([1.0]))
    grid.put(minute(2), np.array([1.0, 7.0]))

    assert line(grid, 1) == [None, 7]


def test_what_was_before_is_filled_in() -> None:
    # Given a grid that begins in the fourth span, and closes of the three before
    grid = CloseGrid(START)
    grid.put(minute(3.5), np.array([4.0, 8.0, 9.0]))
    assert (line(grid), grid.first) == ([None, None, None, 4], 3)

    # When they are filled in, of two rows, then a span without a trade has the close before
    grid.fill([0, 2], np.array([[1, NAN, 3, 99], [NAN, 5, NAN, 99]]))
    assert [line(grid, row) for row in range(3)] == [[1, 1, 3, 4], [None, None, None, 8], [None, 5, 5, 9]]


def test_a_clock_that_goes_back_changes_the_last_point_only() -> None:
    grid = CloseGrid(START)
    grid.put(minute(2), np.array([1.0]))
    grid.put(minute(0.5), np.array([2.0]))
    assert line(grid) == [None, 2]


@given(some.lists(some.integers(1, 40 * POINTS), min_size=1, max_size=200, unique=True).map(sorted))
def test_any_session_fits(minutes: list[int]) -> None:
    """Given a close that is the minute of its trade, then each point is the last trade up to its end."""
    grid = CloseGrid(START)
    for count in minutes:
        grid.put(minute(count), np.array([float(count)]))

    assert grid.count <= POINTS
    ends = [(span + 1) * grid.step // FIRST_STEP for span in range(grid.count)]
    expected = [max((each for each in minutes if each <= end), default=None) for end in ends]
    assert line(grid) == expected
