"""Deltas make of one board the next, for whoever applies them as the documents say."""

import copy
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from docs.websocket_example import apply_function
from leaderboard.connections.redis_values import InvalidValueError
from watch.gateway.fanout.deltas.board_changes import delta_message, parse_rows, whole_message

FEED = "scanners:top_volume"
Board = list[dict[str, Any]]

apply = apply_function()

# Few symbols, names and values, so that boards have much in common.
_NUMBERS = some.floats(allow_nan=False, allow_infinity=False) | some.integers() | some.none()
_ROWS = some.dictionaries(
    some.sampled_from("abc"), some.sampled_from([0, 0.0, -0.0, 1, 1e22, None]) | _NUMBERS, max_size=3
)
BOARDS = some.lists(
    some.tuples(some.sampled_from(["A", "B", "C", "D.E", "é"]), _ROWS), max_size=5, unique_by=lambda row: row[0]
).map(lambda rows: [{"rank": n, "symbol": symbol, **fields} for n, (symbol, fields) in enumerate(rows, 1)])


def published(board: Board) -> bytes:
    return json.dumps(board).encode()


def followed(boards: list[Board]) -> Board:
    """The board of a client that is sent the first as a whole and the others as deltas."""
    message = json.loads(whole_message(FEED, 1, published(boards[0])))
    assert message.keys() == {"feed", "seq", "rows"}
    board = apply({}, message)
    before = parse_rows(FEED, published(boards[0]))
    for seq, each in enumerate(boards[1:], 2):
        after = parse_rows(FEED, published(each))
        message = json.loads(delta_message(FEED, seq, before, after))
        assert (message["feed"], message["seq"], message["base"]) == (FEED, seq, seq - 1)
        board = apply(board, message)
        before = after
    return list(board.values())


@given(some.lists(BOARDS, min_size=1, max_size=4))
@example([[{"rank": 1, "symbol": "A", "a": 1}, {"rank": 2, "symbol": "B"}], [{"rank": 1, "symbol": "B", "a": 1}]])
def test_deltas_make_any_board_of_any_other(boards: list[Board]) -> None:
    """Given any boards, one after the other, then who applies the deltas has the last, field for field."""
    expected = copy.deepcopy(boards[-1])
    assert followed(boards) == expected


def test_a_delta_has_what_has_changed_and_nothing_else() -> None:
    # Given a board, one row of which changes and falls behind another
    before = parse_rows(
        FEED, b'[{"rank":1,"symbol":"A","close":1.5,"high":2},{"rank":2,"symbol":"B","close":1,"high":2}]'
    )
    after = parse_rows(
        FEED, b'[{"rank":1,"symbol":"B","close":1.0,"high":2},{"rank":2,"symbol":"A","close":0.5,"high":2e0}]'
    )

    # Then the delta has its symbol and that field, and the order
    assert delta_message(FEED, 8, before, after) == (
        b'{"feed":"scanners:top_volume","seq":8,"base":7,"order":["B","A"],'
        b'"rows":[{"symbol":"A","close":0.5}],"gone":[]}'
    )

    # And nothing of either where nothing changes
    assert delta_message(FEED, 9, after, after) == (
        b'{"feed":"scanners:top_volume","seq":9,"base":8,"rows":[],"gone":[]}'
    )


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"no JSON",
        b"\xff\xfe",
        b'[{"rank":1,"symbol":"\xff"}]',
        b"{}",
        b"[1,null]",
        b"[" * 99_999,
        b'[{"symbol":"A"}]',
        b'[{"rank":2,"symbol":"A"}]',
        b'[{"rank":1}]',
        b'[{"rank":1,"symbol":7}]',
        b'[{"rank":1,"symbol":"A"},{"rank":2,"symbol":"A"}]',
        b'[{"rank":1,"symbol":"A","close":1e999}]',
        b'[{"rank":1,"symbol":"A","close":[]}]',
    ],
)
def test_what_is_no_board_is_refused(junk: bytes) -> None:
    with pytest.raises(InvalidValueError, match=r"scanners:top_volume does not hold a board"):
        parse_rows(FEED, junk)
