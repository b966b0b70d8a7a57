"""Volume profiles."""

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderboard.reference.volume_profile import STEP, TIMES, VolumeProfile

HOUR = 3_600_000
# 100 shares by 04:00, and 10 more with each five minutes.
STEADY = VolumeProfile.of([100.0 + 10 * at for at in range(TIMES)], 30)


@pytest.mark.parametrize(
    ("since_start", "expected"),
    [
        (0, 100.0),
        (STEP, 110.0),
        (STEP / 2, 105.0),
        (2 * STEP + 1, 120.0 + 10 / STEP),
        (5.5 * HOUR, 760.0),
        (16 * HOUR - 1, 2020.0 - 10 / STEP),
        (16 * HOUR, 2020.0),
    ],
)
def test_between_two_times_the_mean_is_linear(since_start: float, expected: float) -> None:
    assert STEADY.expected(since_start) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("since_start", [-1, -HOUR, -math.inf])
def test_before_four_the_first_mean_holds(since_start: float) -> None:
    assert STEADY.expected(since_start) == 100


@pytest.mark.parametrize("since_start", [16 * HOUR + 1, 20 * HOUR, 100 * HOUR, math.inf])
def test_after_twenty_hours_the_last_mean_holds(since_start: float) -> None:
    assert STEADY.expected(since_start) == 2020


@pytest.mark.parametrize("since_start", [-1, 0, HOUR, 20 * HOUR])
def test_of_an_unknown_profile_nothing_is_expected(since_start: float) -> None:
    assert VolumeProfile().expected(since_start) == 0


@given(st.lists(st.floats(0, 1e12), min_size=TIMES, max_size=TIMES), st.integers(0, TIMES - 1))
def test_at_its_own_times_a_profile_gives_its_means_as_they_are(means: list[float], at: int) -> None:
    assert VolumeProfile.of(means, 1).expected(at * STEP) == means[at]


@pytest.mark.parametrize(
    ("means", "sessions", "reason"),
    [
        ([1.0] * (TIMES - 1), 30, "193 means, not 192"),
        ([1.0] * (TIMES + 1), 30, "193 means, not 194"),
        ([-1.0] * TIMES, 30, "0 or more"),
        ([math.nan] * TIMES, 30, "0 or more"),
        ([math.inf] * TIMES, 30, "0 or more"),
        ([1.0] * TIMES, 0, "not of 0"),
    ],
)
def test_what_is_no_profile_is_refused(means: list[float], sessions: int, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        VolumeProfile.of(means, sessions)


def test_a_packed_profile_is_194_doubles() -> None:
    packed = STEADY.packed

    assert struct.unpack("<194d", packed) == (30, *(100 + 10 * at for at in range(TIMES)))
    assert VolumeProfile.unpack(packed) == STEADY
    assert VolumeProfile().packed == b""


@pytest.mark.parametrize("sessions", [0.0, -1.0, 1.5, math.nan, math.inf])
def test_a_packed_profile_has_a_whole_number_of_sessions(sessions: float) -> None:
    with pytest.raises(ValueError, match="a volume profile is made of"):
        VolumeProfile.unpack(struct.pack("<194d", sessions, *[1.0] * TIMES))


@pytest.mark.parametrize("size", [0, 7, 1544, 1551, 1553, 1560])
def test_a_packed_profile_of_another_length_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match=f"1552 bytes, not {size}"):
        VolumeProfile.unpack(b"\0" * size)
