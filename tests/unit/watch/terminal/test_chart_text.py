"""The chart of characters."""

from hypothesis import given
from hypothesis import strategies as st

from watch.terminal.chart_text import chart_text


def test_a_rise_goes_from_the_lower_left_to_the_upper_right() -> None:
    # Four values take two characters, each two dots wide and four high
    assert chart_text([1, 2, 3, 4], 10, 1) == ["⣠⠞"]


def test_a_step_is_one_line() -> None:
    assert chart_text([1, 1, 8, 8], 10, 2) == ["⠀⡏", "⣀⡇"]


def test_a_price_that_does_not_change_is_a_level_line() -> None:
    assert chart_text([5.0] * 6, 10, 1) == ["⠤⠤⠤"]


def test_without_values_the_chart_is_empty() -> None:
    assert chart_text([], 10, 3) == ["", "", ""]


@given(st.lists(st.floats(0.01, 1e6), min_size=1, max_size=500), st.integers(1, 60), st.integers(1, 6))
def test_a_chart_has_its_size_and_a_dot_in_each_column(values: list[float], width: int, height: int) -> None:
    lines = chart_text(values, width, height)

    assert len(lines) == height
    assert len({len(line) for line in lines}) == 1
    assert len(lines[0]) == min(width, (len(values) + 1) // 2)
    assert all(any(line[at] != "\u2800" for line in lines) for at in range(len(lines[0])))
