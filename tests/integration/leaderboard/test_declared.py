"""A field and a board are one line each in their tables: rows, quotes and boards have them without another."""

from typing import Any

import msgspec
import pytest
from redis import Redis

from leaderboard import keys
from tests.support.boards import row
from tests.support.changed_copy import ChangedCopy
from tests.support.market import bar
from tests.support.oracle import expected

# A field of the event, and one that depends on the open.
FIELDS = [
    '_computed("range_1s", Unit.DOLLARS, lambda event, _: event.high - event.low),',
    '_from_open("times_open", Unit.TIMES, lambda close, base: close / base if base else 0.0, '
    '"open ~= 0 and close / open or 0"),',
]
# Boards that rank the least of them first, of the day and of the session.
BOARDS = [
    'Board("calm", "Calm", "by the range of a bar", "range_1s", Order.ASCENDING),',
    'Board("sinkers", "Sinkers", "by price to open", "times_open", Order.ASCENDING, Holds.SESSION),',
]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> ChangedCopy:
    return ChangedCopy(tmp_path_factory.mktemp("changed") / "copy", fields=FIELDS, boards=BOARDS)


def scores(redis: Redis, board: str) -> list[tuple[str, float]]:
    pairs: Any = redis.zrange(keys.board(board), 0, -1, withscores=True)
    return [(symbol.decode(), score) for symbol, score in pairs]


def test_declared_fields_are_in_rows_and_rank_boards(copy: ChangedCopy, redis: Redis) -> None:
    # Given bars, of which the last comes late with an earlier open, so the script makes that symbol's row again
    bars = [
        bar("AAPL", "09:30:01", close=12.0, o=10.0, h=13.0, l=11.5, av=30),
        bar("MSFT", "09:30:05", close=9.0, o=8.0, h=9.5, l=9.25, av=20),
        bar("NVDA", "09:30:02", close=5.0, o=10.0, h=6.0, l=5.25, av=10),
        bar("MSFT", "09:30:01", close=10.0, o=12.0, h=12.0, l=10.0, av=10),
    ]
    copy.apply(*bars)

    # Then hash and quote have the new fields after all others
    new = {"AAPL": (1.5, 1.2), "MSFT": (0.25, 0.75), "NVDA": (0.75, 0.5)}
    for symbol, fields in expected(bars).rows.items():
        whole = fields | dict(zip(("range_1s", "times_open"), new[symbol], strict=True))
        assert row(redis, symbol) == whole
        assert [*msgspec.json.decode(redis.get(keys.quote(symbol)) or b"").items()] == [*whole.items()]

    # And the boards rank by them, the least first
    assert scores(redis, "calm") == [("MSFT", 0.25), ("NVDA", 0.75), ("AAPL", 1.5)]
    published = msgspec.json.decode(redis.get(keys.scanner("sinkers")) or b"")
    assert [(each["rank"], each["symbol"]) for each in published] == [(1, "NVDA"), (2, "MSFT"), (3, "AAPL")]


def test_a_full_ascending_board_keeps_the_lowest(copy: ChangedCopy, redis: Redis) -> None:
    # Given a board that keeps two symbols, and bars of which the lowest comes last but one
    widths = {"A": 4, "B": 3, "C": 2, "D": 1, "E": 5}
    bars = [bar(symbol, f"09:30:0{n}", h=10.0 + widths[symbol], l=10.0) for n, symbol in enumerate(widths)]
    copy.apply(*bars, board_size=2, board_retain=2)

    # Then it holds the lowest, and so does what is published of it
    assert scores(redis, "calm") == [("D", 1.0), ("C", 2.0)]
    published = msgspec.json.decode(redis.get(keys.scanner("calm")) or b"")
    assert [each["symbol"] for each in published] == ["D", "C"]


def test_a_board_of_the_session_is_cleared_at_the_open(copy: ChangedCopy, redis: Redis) -> None:
    # When bars come on both sides of the open
    copy.apply(bar("A", "09:29:58"), bar("B", "09:29:59"), bar("A", "09:30:00"))

    # Then the board of the day holds both symbols, that of the session one
    assert [symbol for symbol, _ in scores(redis, "calm")] == ["A", "B"]
    assert [symbol for symbol, _ in scores(redis, "sinkers")] == ["A"]
