"""Numbers as people read them: short, and never wider than their column."""

import sys

import pytest

from watch.terminal import numbers

EXTREMES = [0.0, 5e-324, 0.99999, 999.96, 999_999.994, 999_999.996, 1e6, 999.96e12, 1e15, sys.float_info.max]


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (0, "0"),
        (0.5, "0.5"),
        (950, "950"),
        (999.96, "1.0K"),
        (12_345, "12.3K"),
        (999_990, "1.0M"),
        (12_300_000, "12.3M"),
        (7.25e9, "7.2B"),
        (1e15, "1e+15"),
    ],
)
def test_quantities_carry_their_unit(number: float, shown: str) -> None:
    assert numbers.quantity(number) == shown


@pytest.mark.parametrize(
    ("dollars", "shown"),
    [(12.345, "12.35"), (1.0, "1.00"), (0.0312, "0.0312"), (172_000.5, "172,000.50"), (2e6, "2.0M")],
)
def test_prices_have_two_decimals_and_four_below_a_dollar(dollars: float, shown: str) -> None:
    assert numbers.price(dollars) == shown


@pytest.mark.parametrize(
    ("dollars", "close", "shown"),
    [
        (1.5, 20.0, "+1.50"),
        (-1.5, 20.0, "-1.50"),
        (0.0, 20.0, "0.00"),
        (-0.004, 20.0, "0.00"),
        (-0.0021, 0.5, "-0.0021"),
        (-4.1, 0.9, "-4.10"),
        (-2e6, 1.0, "-2.0M"),
    ],
)
def test_changes_are_signed_and_as_exact_as_their_price(dollars: float, close: float, shown: str) -> None:
    assert numbers.change(dollars, close) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [(0.0, "0.00%"), (-0.004, "0.00%"), (12.345, "+12.35%"), (-9_999.0, "-9,999.00%"), (123_456.0, "+123.5K%")],
)
def test_percentages_are_signed(number: float, shown: str) -> None:
    assert numbers.percent(number) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.4, "0 s"), (119.9, "119 s"), (120, "2 min"), (7200, "2 h"), (200_000, "55 h"), (600_000, "6 days")],
)
def test_durations_are_in_their_largest_fitting_unit(seconds: float, shown: str) -> None:
    assert numbers.duration(seconds) == shown


@pytest.mark.parametrize("number", EXTREMES)
def test_no_number_is_wider_than_its_column(number: float) -> None:
    assert len(numbers.quantity(number)) <= 6
    assert len(numbers.price(number)) <= 10
    assert len(numbers.multiple(number)) <= 6
    for close in EXTREMES:
        assert len(numbers.change(number, close)) <= 11
        assert len(numbers.change(-number, close)) <= 11
    assert len(numbers.percent(number)) <= 10
    assert len(numbers.percent(-number)) <= 10
