"""Answers name the key that holds junk."""

from collections.abc import Callable

import pytest
from redis import Redis

from leaderboard import keys
from tests.support.watch.gateways import GAINERS, GAPPERS, VOLUME, Gateway, ask, received, subscribe

Put = Callable[[Redis], object]


ASKED_FOR: dict[str, tuple[str, str, Put]] = {
    "a board is a list": (GAINERS, "/api/boards/gainers", lambda redis: redis.lpush(GAINERS, "junk")),
    "a board is no JSON": (GAINERS, "/api/boards/gainers", lambda redis: redis.set(GAINERS, "[{")),
    "a board is no text": (GAINERS, "/api/boards/gainers", lambda redis: redis.set(GAINERS, b'["\xff\xfe"]')),
    "a board is too deep": (GAINERS, "/api/boards/gainers", lambda redis: redis.set(GAINERS, "[" * 99_999)),
    "a board is no array": (GAINERS, "/api/boards/gainers", lambda redis: redis.set(GAINERS, '{"a":1}')),
    "a board has strange rows": (GAINERS, "/api/boards/gainers", lambda redis: redis.set(GAINERS, "[1,null]")),
    "the screens are junk": (
        keys.SCREENS,
        "/api/boards/none",
        lambda redis: redis.set(keys.SCREENS, "[1]"),
    ),
    "the change feed is a list": (
        keys.CHANGES,
        "/api/screen?by=close",
        lambda redis: redis.lpush(keys.CHANGES, "junk"),
    ),
    "the revision is junk": (keys.REVISION, "/api/ranks/AAPL", lambda redis: redis.set(keys.REVISION, "junk")),
    "a quote is a hash": ("quote:A", "/api/quotes/A", lambda redis: redis.hset("quote:A", "a", 1)),
    "a quote is no JSON": ("quote:A", "/api/quotes/A", lambda redis: redis.set("quote:A", "junk")),
    "the session is junk": (keys.SESSION, "/api/status", lambda redis: redis.set(keys.SESSION, "junk")),
    "the session is no day": (keys.SESSION, "/api/status", lambda redis: redis.set(keys.SESSION, "202613391")),
    "the session is a list": (keys.SESSION, "/api/boards/volume", lambda redis: redis.lpush(keys.SESSION, 1)),
}


@pytest.mark.parametrize("case", ASKED_FOR)
def test_junk_that_is_asked_for_is_named(gateway: Gateway, redis: Redis, case: str) -> None:
    # Given a key that holds what it should not
    key, path, put = ASKED_FOR[case]
    put(redis)

    # Then the answer over HTTP names it
    answer = gateway.get(path)
    assert answer.status_code == 503
    assert key in answer.json()["error"]

    # And so does that over the WebSocket if it can, and the connection stays
    with gateway.connect() as client:
        for message in ({"action": "get", "cache": GAINERS}, {"action": "get", "cache": "quote:A", "limit": 1}):
            answered = ask(client, message)
            assert answered.keys() in ({"cache", "data"}, {"status", "message"})
            assert message["cache"] != key or key in answered.get("message", "") or "data" in answered
        subscribe(client, GAINERS)
    assert "Traceback" not in gateway.log


@pytest.mark.parametrize(
    "put",
    [
        lambda redis: redis.lpush(GAINERS, "junk"),
        lambda redis: redis.set(GAINERS, '{"rank":1}'),
        lambda redis: redis.set(GAINERS, b'[{"rank":1,"symbol":"\xff'),
    ],
)
def test_the_other_boards_are_listed_beside_one_that_is_junk(gateway: Gateway, redis: Redis, put: Put) -> None:
    redis.set(GAPPERS, '[{"rank":1,"symbol":"AAPL"}]')
    put(redis)

    answer = gateway.get("/api/boards")

    assert answer.status_code == 200
    assert {board["feed"]: board["rows"] for board in answer.json()["boards"]} == {
        VOLUME: 0,
        GAPPERS: 1,
        GAINERS: None,
    }


@pytest.mark.parametrize("channel", [GAINERS, "quote:AAPL"])
def test_what_is_published_ends_no_clients_connection(gateway: Gateway, redis: Redis, channel: str) -> None:
    with gateway.connect() as client:
        subscribe(client, channel, "quote:*")

        # When something is published that no message could hold, then something else that is no JSON
        for junk in (b"\xff\xfe", b'["\xc3\x28"]', b"\xed\xa0\x80"):
            redis.publish(channel, junk)
        redis.publish(channel, "no JSON")

        # Then the client has the second, byte for byte, and gets nothing of the first
        assert received(client) == "no JSON"
    assert channel in gateway.get("/healthz").json()["parts"]["gateway"]["why"]
