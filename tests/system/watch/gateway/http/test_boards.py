"""The boards and quotes over HTTP."""

import asyncio
import csv
import io
import json

import httpx
import pytest
from redis import Redis

from leaderboard import keys
from leaderboard.boards import BOARDS, BY_NAME, Order
from leaderboard.screens.definition import Definition, encode
from leaderboard.system import System
from tests.support.market import TODAY, bar
from tests.support.waiting import eventually
from tests.support.watch.gateways import (
    SOON,
    Gateway,
    volume_symbols,
)
from watch.gateway.limits import SYMBOLS


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
                "size": 500,
                "hours": [],
                "feed": board.scanner,
            }
            for board, rows in zip(BOARDS, published, strict=True)
        ]
    }
    assert len(published[0]) == 3


def test_screens_are_listed_and_answered_as_boards(gateway: Gateway, market: System, redis: Redis) -> None:
    # Given a screen that is published, of two rows
    screen = Definition(
        "cheap", "Cheap", "by price", "close", Order.ASCENDING, 2, ("regular",), ("close < 50.0",), "close"
    )
    redis.set(keys.SCREENS, encode([screen]))
    redis.hset(keys.SCREENS_STATE, "published_at", 1_795_000_000_000)
    rows = json.loads(redis.get("scanners:top_volume") or b"")[:2]
    redis.set("scanners:cheap", json.dumps([row | {"pct_change_1m": None} for row in rows], separators=(",", ":")))

    # Then it is listed after the boards
    listed = gateway.get("/api/boards").json()["boards"]
    assert [board["name"] for board in listed] == [*BY_NAME, "cheap"]
    assert listed[-1] == {
        "name": "cheap",
        "title": "Cheap",
        "caption": "by price",
        "field": "close",
        "order": "ascending",
        "holds": "day",
        "conditions": ["close < 50.0"],
        "change_since": "close",
        "rows": 2,
        "size": 2,
        "hours": ["regular"],
        "feed": "scanners:cheap",
    }

    # And it is answered as a board is, also the fields that only screens have
    answer = gateway.get("/api/boards/cheap?fields=pct_change_1m&offset=1").json()
    assert answer == {
        "board": "cheap",
        "session": {"day": TODAY.isoformat(), "phase": "regular"},
        "published_at": 1_795_000_000_000,
        "rows": [{"rank": 2, "symbol": rows[1]["symbol"], "pct_change_1m": None}],
    }
    assert gateway.get("/api/boards/volume?fields=pct_change_1m").status_code == 422
    assert "gainers, cheap" in gateway.get("/api/boards/none").json()["error"]


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
        ("offset=1", ["MSFT", "NEW"]),
        ("offset=1&limit=1&min_price=1", ["MSFT"]),
        ("offset=3", []),
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
        ("offset=-1", "offset"),
        ("fields=close,price", "fields"),
        ("fields=", "fields"),
    ],
)
def test_a_wrong_parameter_is_named(gateway: Gateway, redis: Redis, query: str, parameter: str) -> None:
    answer = gateway.get(f"/api/boards/volume?{query}")

    assert answer.status_code == 422
    assert answer.json()["parameter"] == parameter
    assert parameter in answer.json()["error"]


def test_fields_can_be_chosen(gateway: Gateway, market: System) -> None:
    answer = gateway.get("/api/boards/volume?fields=pct_change,symbol,close,close&limit=1")

    # Then rank and symbol are there, and the fields in the order in which they were asked for
    assert list(answer.json()["rows"][0].items()) == [
        ("rank", 1),
        ("symbol", "AAPL"),
        ("pct_change", 20.0),
        ("close", 12.0),
    ]
    assert list(gateway.get("/api/boards/volume?fields=rank,symbol&limit=1").json()["rows"][0]) == [
        "rank",
        "symbol",
    ]
    assert "'price'" in gateway.get("/api/boards/volume?fields=close,price").json()["error"]


@pytest.mark.parametrize(
    ("path", "accept"),
    [
        ("/api/boards/gainers.csv", "*/*"),
        ("/api/boards/gainers", "text/csv;q=0.9"),
        ("/api/boards/gainers", "application/json;q=0.1, Text/CSV ; header=present"),
    ],
)
def test_a_board_is_answered_as_csv(gateway: Gateway, market: System, path: str, accept: str) -> None:
    answer = gateway.get(path, {"Accept": accept})

    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert rows == [
        {name: str(value) for name, value in row.items()}
        for row in json.loads(gateway.get("/api/boards/gainers").content, parse_float=str, parse_int=str)["rows"]
    ]
    assert answer.content.count(b"\r\n") == len(rows) + 1


@pytest.mark.parametrize(
    "accept",
    ["text/csv;q=0", "text/csv;q=none", "application/json, text/csv", "text/csv;q=0.5, application/json", ""],
)
def test_a_client_that_does_not_prefer_csv_is_answered_json(gateway: Gateway, redis: Redis, accept: str) -> None:
    answer = gateway.get("/api/boards/gainers", {"Accept": accept})

    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["vary"].startswith("Accept")


def test_a_board_is_not_sent_again_while_it_is_unchanged(gateway: Gateway, market: System) -> None:
    # Given the answers to requests for boards
    paths = ("/api/boards", "/api/boards/volume", "/api/boards/volume?limit=2", "/api/boards/volume.csv")
    tags = {path: gateway.get(path).headers["etag"] for path in paths}
    assert len({*tags.values()}) == len(paths)

    for path, tag in tags.items():
        # When the same is asked for again, then it is not sent again
        again = gateway.get(path, {"If-None-Match": f'"other", W/{tag}'})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert again.headers["cache-control"] == "no-cache"

    # And when the board has changed, then it is sent
    market.process([bar("NEW", "09:31:00", close=4.0, av=10_000), bar("TOO", "09:31:00")])
    eventually(lambda: market.publish().result == "published")
    for path, tag in tags.items():
        changed = gateway.get(path, {"If-None-Match": tag})
        assert changed.status_code == 200
        assert changed.headers["etag"] != tag


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


def test_quotes_are_answered_many_at_a_time(gateway: Gateway, market: System, redis: Redis) -> None:
    # Given two symbols that trade, and one that does not
    answer = gateway.get("/api/quotes?symbols=MSFT,NONE,AAPL,MSFT")

    # Then each has its quote in the order of the request, and the answer is not sent again
    assert list(answer.json()["quotes"].items()) == [
        ("MSFT", json.loads(redis.get(keys.quote("MSFT")) or b"")),
        ("NONE", None),
        ("AAPL", json.loads(redis.get(keys.quote("AAPL")) or b"")),
    ]
    path, tag = "/api/quotes?symbols=MSFT,NONE,AAPL,MSFT", answer.headers["etag"]
    assert gateway.get(path, {"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("", "symbols"),
        ("symbols=", "symbols"),
        ("symbols=A%20B", "symbols"),
        ("symbols=" + ",".join(f"S{n}" for n in range(SYMBOLS + 1)), "symbols"),
        ("symbols=A&limit=3", "limit"),
    ],
)
def test_a_wrong_request_for_quotes_is_refused(gateway: Gateway, query: str, parameter: str) -> None:
    answer = gateway.get(f"/api/quotes?{query}")
    assert (answer.status_code, answer.json()["parameter"]) == (400, parameter)


def test_moves_are_the_ranks_of_a_moment_ago(gateway: Gateway, market: System, redis: Redis) -> None:
    """Given a board that nobody has asked for, then it is compared with itself."""
    rows = json.loads(redis.get(BY_NAME["volume"].scanner) or b"")

    answer = gateway.get("/api/boards/volume/moves").json()

    published_at = int(redis.hget(keys.SNAPSHOT, "published_at") or 0)
    ranks = {row["symbol"]: row["rank"] for row in rows}
    assert answer == {"board": "volume", "published_at": published_at, "ranks": ranks}
