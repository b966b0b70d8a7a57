"""Average volumes."""

from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderboard.reference.massive.averages import AverageVolumes


@given(st.lists(st.floats(1, 1e12), min_size=1, max_size=40))
def test_the_average_is_over_all_days(volumes: list[float]) -> None:
    average = AverageVolumes()
    for each in volumes:
        average.add({"A": each})

    assert average.averages() == {"A": pytest.approx(fmean(volumes))}


def test_days_before_a_listing_and_days_without_a_market_do_not_count() -> None:
    # Given three days and one without a market, a new listing, and a symbol that traded on the first day alone
    average = AverageVolumes()
    for day in ({"A": 3.0, "THIN": 3.0}, {"A": 6.0}, {}, {"A": 9.0, "NEW": 5.0}):
        average.add(day)

    assert average.averages() == {"A": 6, "NEW": 5, "THIN": 1}
