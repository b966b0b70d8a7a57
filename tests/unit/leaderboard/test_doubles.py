"""Numbers as texts: what Redis and JSON hold is the same double."""

import json
import sys

from hypothesis import given
from hypothesis import strategies as st

from leaderboard.doubles import texts

doubles = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-(2**60), 2**60).map(float),
    st.sampled_from([0.0, -0.0, 0.1, 1e16, 1e22, 5e-324, sys.float_info.max, 78.08, 10.0, 100.0]),
)


@given(st.lists(doubles, min_size=1, max_size=40))
def test_a_text_reads_back_as_the_same_double(numbers: list[float]) -> None:
    made = texts(numbers)

    assert [float(text) for text in made] == numbers
    assert [json.loads(text) for text in made] == numbers


@given(st.lists(st.integers(0, 2**53), min_size=1))
def test_whole_numbers_have_no_fraction(numbers: list[int]) -> None:
    assert texts(numbers) == [str(number) for number in numbers]


def test_there_is_no_minus_zero() -> None:
    assert texts([-0.0, 10.0, -10.0, -0.0, 0.0]) == ["0", "10", "-10", "0", "0"]
