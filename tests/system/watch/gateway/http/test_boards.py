"""The boards and quotes over HTTP."""

import asyncio
import json

import httpx
import pytest
from redis import Redis

from leaderboard import keys
from leaderboard.boards import BOARDS
from leaderboard.system import System
from tests.support.market import TODAY
from tests.support.watch.gateways import (
    SOON,
    Gateway,
    volume_symbols,
)


def test_the_boards_are_listed_as_they_are_declared(gateway: Gateway, market: System, redis: Redis) -> None:
    """Given three symbols that trade, then each board says what ranks it, and how many rows it has now."""
    answer = gateway.get("/api/boards").json()

    published = [json.loads(redis.get(board.scanner) or b"[]") for board in BOARDS]
    assert answer == {
        "boards": [
            {
                "name": board.name,
                "title": board.title,
                "caption": board.caption,
                "field": board.field,
                "order": board.order,
                "holds": board.holds,
                "conditions": [],
                "change_since": board.change_since,
                "rows": len(rows),
            }
            for board, rows in zip(BOARDS, published, strict=True)
        ]
    }
    assert len(published[0]) == 3


def test_a_board_is_answered_as_it_was_published(gateway: Gateway, market: System, redis: Redis) -> None:
    answer = gateway.get("/api/boards/gainers").json()

    assert answer["board"] == "gainers"
    assert answer["session"] == {"day": TODAY.isoformat(), "phase": "regular"}
    assert answer["published_at"] == int(redis.hget(keys.SNAPSHOT, "published_at") or 0)
    assert answer["rows"] == json.loads(redis.get("scanners:top_gainers") or b"")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["AAPL", "MSFT", "NEW"]),
        ("limit=2", ["AAPL", "MSFT"]),
        ("min_price=5", ["AAPL", "MSFT"]),
        ("min_price=12&max_price=12", ["AAPL"]),
        ("max_float=5000000", ["AAPL"]),
        ("min_relative_volume=5", ["MSFT"]),
        ("min_volume=1000", ["AAPL", "MSFT"]),
        ("max_price=50&limit=1&min_volume=1&min_price=13", ["MSFT"]),
        ("min_volume=1e9", []),
    ],
)
def test_rows_can_be_chosen(gateway: Gateway, market: System, query: str, found: list[str]) -> None:
    assert volume_symbols(gateway, query) == found


def test_chosen_rows_keep_their_ranks(gateway: Gateway, market: System) -> None:
    [row] = gateway.get("/api/boards/volume?min_relative_volume=5").json()["rows"]

    assert (row["rank"], row["symbol"]) == (2, "MSFT")


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("limit=0", "limit"),
        ("limit=many", "limit"),
        ("min_price=-1", "min_price"),
        ("max_price=nan", "max_price"),
        ("max_float=inf", "max_float"),
        ("min_volume=", "min_volume"),
        ("min_volume=1&min_volume=2", "min_volume"),
        ("maxprice=3", "maxprice"),
    ],
)
def test_a_wrong_parameter_is_named(gateway: Gateway, redis: Redis, query: str, parameter: str) -> None:
    answer = gateway.get(f"/api/boards/volume?{query}")

    assert answer.status_code == 422
    assert answer.json()["parameter"] == parameter
    assert parameter in answer.json()["error"]


def test_a_board_before_its_first_snapshot_is_empty(gateway: Gateway, redis: Redis) -> None:
    answer = gateway.get("/api/boards/gainers")

    assert answer.json() == {"board": "gainers", "session": None, "published_at": None, "rows": []}
    assert gateway.get("/api/boards/losers").status_code == 404


def test_many_may_ask_at_once(gateway: Gateway, market: System) -> None:
    async def codes() -> list[int]:
        # When more ask at once than there are connections to Redis
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(base_url=gateway.url, timeout=SOON, trust_env=False, limits=limits) as client:
            answers = await asyncio.gather(*(client.get("/api/boards/gainers") for _ in range(300)))
        return [answer.status_code for answer in answers]

    # Then all are answered
    assert set(asyncio.run(codes())) == {200}


def test_a_quote_is_answered_as_it_was_stored(gateway: Gateway, market: System, redis: Redis) -> None:
    assert gateway.get("/api/quotes/AAPL").content == redis.get("quote:AAPL")
    assert gateway.get("/api/quotes/NONE").status_code == 404
    redis.set("quote:X/Y", "{}")
    assert gateway.get("/api/quotes/X%2FY").json() == {}
    for no_symbol in ("A%20B", "*", "A%00", "%0A", "A" * 25):
        answer = gateway.get(f"/api/quotes/{no_symbol}")
        assert (answer.status_code, answer.json()["parameter"]) == (422, "symbol")
