"""Which part of a board a projection is."""

import pytest

from leaderboard.keys import screen
from tests.support.watch.gateways import VOLUME
from watch.gateway.fanout.deltas.board_changes import Rows, encode_rows
from watch.gateway.fanout.deltas.projection import WHOLE, Projection
from watch.gateway.fanout.feed import FeedError

ROWS: Rows = {"B": {"symbol": "B", "close": 2.0, "high": 3.0}, "A": {"symbol": "A", "close": 1.0}}


def test_fields_and_rows_are_chosen() -> None:
    assert Projection(frozenset({"high"}), 2).of(ROWS) == {"B": {"symbol": "B", "high": 3.0}, "A": {"symbol": "A"}}
    assert Projection(frozenset(), 1).of(ROWS) == {"B": {"symbol": "B"}}
    assert Projection(limit=1).of(ROWS) == {"B": ROWS["B"]}
    assert encode_rows(Projection(limit=1).of(ROWS)) == b'[{"rank":1,"symbol":"B","close":2.0,"high":3.0}]'


def test_what_means_the_same_is_one_projection() -> None:
    """Given fields in another order, twice, or those that rows always have, then clients share it."""
    some = Projection.parse(VOLUME, ["close", "high"], 5)

    assert some == Projection.parse(VOLUME, ["high", "rank", "close", "close", "symbol"], 5)
    assert Projection.parse(VOLUME, None, None) == WHOLE
    assert WHOLE.is_whole
    assert not some.is_whole


def test_window_fields_are_of_screens() -> None:
    assert Projection.parse(screen("losers"), ["volume_1m"], None) == Projection(frozenset({"volume_1m"}))
    with pytest.raises(FeedError, match="no field 'volume_1m'"):
        Projection.parse(VOLUME, ["volume_1m"], None)
