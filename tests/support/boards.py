"""Reads everything that the system stores, in the form of the oracle's results."""

from collections.abc import Collection
from typing import Any

import msgspec
from redis import Redis

from leaderboard import keys
from leaderboard.boards import BOARDS
from leaderboard.store.record import Record
from leaderboard.store.totals import Totals
from tests.support.oracle import Expected
from tests.support.waiting import eventually

#: The scores while no symbol is on any board.
NOTHING_RANKED: dict[str, dict[str, float]] = {board.name: {} for board in BOARDS}


def scores(redis: Redis) -> dict[str, dict[str, float]]:
    def members(key: str) -> dict[str, float]:
        pairs: Any = redis.zrange(key, 0, -1, withscores=True)
        return {symbol.decode(): score for symbol, score in pairs}

    return {board.name: members(board.key) for board in BOARDS}


def on_boards(redis: Redis, symbol: str) -> list[str]:
    """The names of the boards that the symbol is on."""
    return [name for name, ranked in scores(redis).items() if symbol in ranked]


def row(redis: Redis, symbol: str) -> dict[str, Any]:
    return rows(redis, [symbol])[symbol]


def rows(redis: Redis, symbols: Collection[str]) -> dict[str, dict[str, Any]]:
    with redis.pipeline(transaction=False) as pipe:
        for symbol in symbols:
            pipe.hgetall(keys.row(symbol))
        return dict(zip(symbols, map(_row, pipe.execute()), strict=True))


def _row(stored: dict[bytes, bytes]) -> dict[str, Any]:
    fields = {name.decode(): value.decode() for name, value in stored.items()}
    return {name: value if name == "symbol" else float(value) for name, value in fields.items()}


def opens(redis: Redis) -> dict[str, dict[str, float]]:
    records: Any = redis.hgetall(keys.RECORDS)
    prices: dict[str, dict[str, float]] = {"pre": {}, "regular": {}}
    for symbol, packed in records.items():
        for phase, price in Record.parse(packed).opens.items():
            prices[phase.name.lower()][symbol.decode()] = price
    return prices


def totals(redis: Redis) -> Totals:
    stored: Any = redis.hgetall(keys.TOTALS)
    return Totals.parse(stored)


def assert_as_expected(redis: Redis, expected: Expected) -> None:
    """Boards, rows, quotes and open prices are the oracle's, to the last bit."""
    assert scores(redis) == expected.boards
    assert opens(redis) == expected.opens
    for symbol, fields in expected.rows.items():
        assert row(redis, symbol) == fields
        quote = redis.get(keys.quote(symbol))
        assert quote is not None
        assert msgspec.json.decode(quote) == fields


def eventually_as_expected(redis: Redis, expected: Expected, seconds: float = 60.0) -> None:
    """Wait until the boards are the oracle's, then compare everything."""
    eventually(lambda: scores(redis) == expected.boards, seconds, "the boards are the oracle's")
    eventually(lambda: all(row(redis, symbol) == fields for symbol, fields in expected.rows.items()), 5)
    assert_as_expected(redis, expected)
