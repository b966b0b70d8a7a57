"""Likely splits are distinguished from ordinary gaps."""

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.flatfiles.splits import likely_splits, split_between
from leaderboard.reference import PreviousDay


def traded(open_: float, close: float, high: float = 0.0, low: float = 0.0) -> PreviousDay:
    return PreviousDay(open_, high or max(open_, close), low or min(open_, close), close, volume=100)


@pytest.mark.parametrize(
    ("before", "today", "times"),
    [
        # Split, and put together
        (100.0, traded(50.0, 50.5), 2),
        (645.57, traded(92.7, 93.7, 93.88, 91.75), 7),
        (3_000.0, traded(151.2, 149.0), 20),
        (3_000.0, traded(30.1, 30.0), 100),
        (0.08, traded(3.9, 3.5), 49),
        # By the close alone, and by the open alone
        (100.0, traded(52.5, 50.4), 2),
        (100.0, traded(49.6, 44.0), 2),
        # Gaps of every day, and rare ones
        (10.0, traded(10.4, 10.1), 0),
        (10.0, traded(14.0, 13.0), 0),
        (10.0, traded(18.5, 17.8), 0),
        (10.0, traded(5.6, 5.4), 0),
        (10.0, traded(24.0, 23.0), 0),
        # Who doubles, or halves, within the day
        (10.0, traded(10.2, 20.0, 21.0, 10.0), 0),
        (10.0, traded(10.0, 5.0, 10.1, 4.9), 0),
        # Of a cent a tick is the double
        (0.01, traded(0.02, 0.02), 0),
        # More than anybody splits
        (1.0, traded(150.0, 150.0), 0),
        # No price in the regular hours
        (10.0, PreviousDay(volume=100), 0),
    ],
)
def test_what_looks_like_a_split(before: float, today: PreviousDay, times: int) -> None:
    assert split_between(before, today) == times


@given(st.integers(2, 100), st.floats(1, 10_000), st.floats(-0.025, 0.025))
def test_every_split_is_found_both_ways(times: int, price: float, move: float) -> None:
    # Given a price that moves by up to 2.5 % beside the split
    for after in (price / times * (1 + move), price * times * (1 + move)):
        # Then it is found, with about as many shares
        found = split_between(price, traded(after, after)) if min(price, after) >= 0.2 else times
        assert abs(found - times) <= 1 + 0.03 * times


def test_ordinary_gaps_are_hardly_ever_taken_for_splits() -> None:
    # Given a market of 11,000 symbols, 40 of which open anywhere between a third and three times their close
    random = Random(1)
    before, today = {}, {}
    for n in range(11_000):
        close = random.uniform(0.5, 300)
        gap = math.exp(random.uniform(-1.1, 1.1)) if n < 40 else 1 + random.gauss(0, 0.05)
        before[str(n)] = PreviousDay(close=close)
        today[str(n)] = traded(close * gap, close * gap * (1 + random.gauss(0, 0.05)))
    # When splits are looked for
    # Then a handful is named at most
    assert len(likely_splits(before, today)) <= 5


def test_symbols_of_one_day_only_have_no_split() -> None:
    assert likely_splits({"A": PreviousDay(close=10)}, {"B": traded(5, 5)}) == []
    assert likely_splits({"A": PreviousDay(volume=10)}, {"A": traded(5, 5)}) == []
