"""Days and moments are read as ISO 8601, and as nothing else."""

import pytest

from history.queries.moments import parse_day, parse_moment
from tests.support.market import TODAY, at


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-20T09:31:07",
        "2026-11-20 09:31:07",
        "2026-11-20T09:31:07-05:00",
        "2026-11-20T14:31:07Z",
        "2026-11-20T14:31:07.000+00:00",
        "2026-11-20T15:31:07 01:00",
    ],
)
def test_a_moment_is_in_new_york_unless_it_has_an_offset(text: str) -> None:
    assert parse_moment(text) == at("09:31:07")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-11-20",
        "09:31:07",
        "1795000000",
        "2026-02-30T09:31:07",
        "2026-11-20T25:00:00",
        "1999-01-01T00:00",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected|no such time"):
        parse_moment(text)


def test_a_day_is_a_date() -> None:
    assert parse_day("2026-11-20") == TODAY


@pytest.mark.parametrize("text", ["", "today", "20261120", "2026-W47-5", "2026-02-30", "1999-12-31", "9999-12-31"])
def test_any_other_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected|no such date"):
        parse_day(text)
