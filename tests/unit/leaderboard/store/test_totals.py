"""The totals as they are read: whatever release counted them, they make sound metrics."""

from collections.abc import Mapping
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as some

from leaderboard.reason_kind import ReasonKind
from leaderboard.store.totals import LAG_BOUNDS, LAG_BOUNDS_MS, Totals

_FIELDS = some.one_of(
    some.sampled_from(["applied", "lag_ms", "lags", "lag_sum_ms", "lag_to_inf", "invented"]),
    some.sampled_from(LAG_BOUNDS_MS).map("lag_to_{}".format),
    some.integers(0, 10_000_000).map("lag_to_{}".format),
)


def test_counts_of_a_later_release_are_passed_over() -> None:
    held = {b"applied": b"2", b"invented": b"3", b"lag_sum_ms": b"1500", b"lag_to_": b"1", b"lag_to_-5": b"1"}

    assert Totals.parse(held) == Totals(applied=2, lag=1.5)


def test_lags_of_a_release_without_buckets_are_no_part_of_the_histogram() -> None:
    read = Totals.parse({b"applied": b"2", b"lag_ms": b"90000", b"lags": b"60"})

    assert (read.lag, read.lags, read.lag_buckets) == (0, 0, [0] * (len(LAG_BOUNDS) + 1))


def test_a_bucket_of_another_releases_bound_counts_in_the_one_around_it() -> None:
    # Given lags that a release counted up to 0.3 s and up to two hours, and one up to 0.25 s
    read = Totals.parse({b"lag_to_300": b"4", b"lag_to_7200000": b"2", b"lag_to_250": b"1"})

    assert read.lag_buckets[LAG_BOUNDS.index(0.25)] == 1
    assert read.lag_buckets[LAG_BOUNDS.index(0.5)] == read.lag_buckets[-2] == 5
    assert read.lag_buckets[-1] == read.lags == 7


@given(some.dictionaries(_FIELDS, some.integers(0, 1_000_000)))
def test_buckets_are_cumulative_and_the_last_has_all(counts: Mapping[str, int]) -> None:
    read = Totals.parse({name.encode(): str(number).encode() for name, number in counts.items()})

    assert len(read.lag_buckets) == len(LAG_BOUNDS) + 1
    assert all(lower <= upper for lower, upper in pairwise(read.lag_buckets))
    assert read.lag_buckets[-1] == read.lags
    assert read.lags == sum(number for name, number in counts.items() if name.startswith("lag_to_"))


def test_dead_letters_without_a_kind_have_one_too() -> None:
    # Given dead letters of an older release, which counts no kinds, and of a later one, which has another kind
    read = Totals.parse({b"dead": b"10", b"dead_future": b"3", b"dead_field": b"2", b"dead_of_boredom": b"1"})

    assert read.dead_by_kind[ReasonKind.FUTURE] == 3
    assert read.dead_by_kind[ReasonKind.UNKNOWN] == 5
    assert sum(read.dead_by_kind.values()) == read.dead
    assert {*read.dead_by_kind} == {*ReasonKind}
