"""The model of screens against cases worked out by hand."""

from typing import Any

import pytest

from tests.support.market import bar
from tests.support.oracle import expected
from tests.support.screen_oracle import Screen, Ticks, screened


def rows(**closes: float) -> list[dict[str, Any]]:
    """Rows with these closes, by symbol."""
    made = expected([bar(symbol, "10:00:00", close=close) for symbol, close in closes.items()]).rows
    return [made[symbol] for symbol in sorted(made)]


@pytest.mark.parametrize(
    ("screen", "symbols"),
    [
        (Screen("close"), ["C", "A", "B", "a"]),
        # Equal values rank by symbol, ascending in either order.
        (Screen("close", "ascending"), ["a", "A", "B", "C"]),
        (Screen("close", size=2, offset=1), ["A", "B"]),
        (Screen("close", where=["close>=2", "close < 3"]), ["A", "B"]),
        (Screen("close", where=["close != 2"]), ["C", "a"]),
        (Screen("close", where=["close <= 10_000 * day_low"]), ["C", "A", "B", "a"]),
        (Screen("close", where=["close > 0.99*day_high", "close > -1e2"]), ["C", "A", "B", "a"]),
        (Screen("close", where=["close > day_high"]), []),
        (Screen("close", hours=["pre", "post"]), []),
        (Screen("close", hours=["regular"]), ["C", "A", "B", "a"]),
    ],
)
def test_conditions_and_order(screen: Screen, symbols: list[str]) -> None:
    """Given closes of 2, 2, 3 and 1, then a screen shows those that satisfy it, in its order."""
    assert screened(screen, rows(A=2.0, B=2.0, C=3.0, a=1.0)) == symbols


def test_null_ranks_nowhere_and_satisfies_nothing() -> None:
    """Given rows of which one has no value, then it is on no screen that asks for it, on either side."""
    first, second = ({**row, "volume_1m": known} for row, known in zip(rows(A=1, B=2), (None, 0.0), strict=True))

    for screen in (
        Screen("volume_1m"),
        Screen("close", where=["volume_1m != 5"]),
        Screen("close", where=["close != volume_1m"]),
    ):
        assert screened(screen, [first, second]) == ["B"]


def test_windows_look_back_at_the_ticks() -> None:
    """Given a row that rises from 10 to 12 between ticks, then that is +20 % a minute later, and null before."""
    past = Ticks()
    (first,), (second,) = rows(A=10.0), rows(A=12.0)
    past.note(100, {"A": first})
    past.note(130, {"A": second})

    found = [past.with_windows(second_, second)["pct_change_1m"] for second_ in (159, 160, 189, 190)]

    assert found == [None, 20.0, 20.0, 0.0]
    assert past.with_windows(160, second)["pct_change_5m"] is None
