"""What the WebSocket answers to a client that knows nothing but the protocol."""

import json

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as some
from redis import Redis
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from leaderboard import keys
from leaderboard.system import System
from tests.support.market import bar
from tests.support.waiting import eventually
from tests.support.watch.gateways import (
    GAINERS,
    MESSAGES,
    VOLUME,
    Gateway,
    ask,
    closing,
    publish,
    received,
    subscribe,
)


def test_a_scripted_client_sees_the_market(watcher: ClientConnection, system: System, redis: Redis) -> None:
    # Given a market with a board already published
    system.process([bar("AAPL", "09:30:00", close=11.0, o=10.0), bar("MSFT", "09:30:00", close=10.5, o=10.0)])
    eventually(lambda: system.publish().result == "published")

    # When a watcher authenticates, gets, subscribes
    assert ask(watcher, {"action": "auth", "api_key": "any"}) == {"status": "authorized"}
    first = ask(watcher, {"action": "get", "cache": "scanners:top_gainers", "limit": 1})
    subscribe(watcher, "scanners:top_gainers", "quote:*")

    # Then it has the board, and each publication follows byte for byte
    assert [row["symbol"] for row in first["data"]] == ["AAPL"]
    system.process([bar("MSFT", "09:30:01", close=12.0, o=10.0)])
    assert received(watcher).encode() == redis.get("quote:MSFT")
    eventually(lambda: system.publish().result == "published")
    text = received(watcher)
    assert text.encode() == redis.get("scanners:top_gainers")
    assert [row["symbol"] for row in json.loads(text)] == ["MSFT", "AAPL"]


def test_what_is_held_can_be_got(watcher: ClientConnection, redis: Redis) -> None:
    # Given a board of three rows and a quote
    redis.set(GAINERS, '[{"rank":1},{"rank":2},{"rank":3}]')
    redis.set("quote:AAPL", '{"symbol":"AAPL"}')

    # Then each can be got, the board in part, and what is not there is null
    assert ask(watcher, {"action": "get", "cache": GAINERS})["data"] == [{"rank": 1}, {"rank": 2}, {"rank": 3}]
    assert ask(watcher, {"action": "get", "cache": GAINERS, "limit": 2})["data"] == [{"rank": 1}, {"rank": 2}]
    assert ask(watcher, {"action": "get", "cache": "quote:AAPL"}) == {
        "cache": "quote:AAPL",
        "data": {"symbol": "AAPL"},
    }
    assert ask(watcher, {"action": "get", "cache": "quote:MSFT"}) == {"cache": "quote:MSFT", "data": None}
    assert ask(watcher, {"action": "get", "cache": VOLUME, "limit": 5}) == {"cache": VOLUME, "data": None}


@pytest.mark.parametrize(
    "message",
    [
        "",
        "subscribe",
        b"\xff\xfe",
        {"action": "flushall"},
        {"action": "get", "cache": "leaderboard:dead"},
        {"action": "get", "cache": "*"},
        {"action": "subscribe", "feed": "*"},
        {"action": "subscribe", "feed": "[a-z]*"},
        {"action": "subscribe", "feed": "__keyspace@0__:*"},
        {"action": "unsubscribe", "feed": "leaderboard:*"},
        '{"action":"get","cache":"quote:AAPL","more":' + "[" * 3_000 + "]" * 3 + "}",
    ],
)
def test_what_is_not_understood_or_allowed_is_an_error_and_the_connection_stays(
    watcher: ClientConnection, message: object
) -> None:
    answer = ask(watcher, message)

    assert answer["status"] == "error"
    assert answer["message"]
    subscribe(watcher, GAINERS)


@examples(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.lists(MESSAGES, max_size=10))
def test_whatever_is_sent_is_answered(watcher: ClientConnection, messages: list[str | bytes]) -> None:
    """Given any messages, then each has its answer, and the connection stays."""
    for message in messages:
        answer = ask(watcher, message)
        assert "status" in answer or answer.keys() == {"cache", "data"}
    assert ask(watcher, {"action": "auth", "api_key": ""}) == {"status": "authorized"}


def test_messages_are_bounded(watcher: ClientConnection) -> None:
    # When a watcher sends a message longer than any of the protocol
    watcher.send(json.dumps({"action": "subscribe", "feed": "A" * 10_000}))

    # Then its connection ends: the message is too big
    assert closing(watcher) == ([], 1009)


def test_subscriptions_of_a_client_are_bounded(watcher: ClientConnection) -> None:
    subscribe(watcher, *(f"quote:A{n}" for n in range(1000)))

    assert ask(watcher, {"action": "subscribe", "feed": "quote:ONE.MORE"})["status"] == "error"
    subscribe(watcher, "quote:A7")
    assert ask(watcher, {"action": "unsubscribe", "feed": "quote:A7"})["status"] == "unsubscribed"
    subscribe(watcher, "quote:ONE.MORE")


def test_many_subscriptions_at_once_are_answered_in_order(watcher: ClientConnection, redis: Redis) -> None:
    # Given a watcher that sends all that it wants in one go, and asks for a board between
    redis.set(GAINERS, "[]")
    feeds = [f"quote:S{n}" for n in range(600)]
    messages = [{"action": "subscribe", "feed": feed} for feed in feeds]
    messages[300:300] = [{"action": "get", "cache": GAINERS}, {"action": "subscribe", "feed": "nonsense"}]
    messages += [{"action": "unsubscribe", "feed": "quote:S7"}, {"action": "subscribe", "feed": GAINERS}]
    for message in messages:
        watcher.send(json.dumps(message))

    # Then each has its answer in its turn
    answers = [json.loads(received(watcher)) for _ in messages]
    assert [answer.get("feed") for answer in answers[:300]] == feeds[:300]
    assert answers[300] == {"cache": GAINERS, "data": []}
    assert answers[301]["status"] == "error"
    assert [answer["feed"] for answer in answers[302:]] == [*feeds[300:], "quote:S7", GAINERS]

    # And what was confirmed is forwarded
    publish(redis, "quote:S599", "{}")
    publish(redis, GAINERS, "[1]")
    assert [received(watcher), received(watcher)] == ["{}", "[1]"]
    # Redis hears of an unsubscription a moment after the watcher does.
    eventually(lambda: redis.publish("quote:S7", "{}") == 0)


def test_there_is_one_websocket(gateway: Gateway, redis: Redis) -> None:
    # Given somebody who looks for one elsewhere
    address = f"ws://127.0.0.1:{gateway.port}/elsewhere"

    # Then there is none, and the log has nothing to say of it
    with pytest.raises(InvalidStatus, match="403"), connect(address, proxy=None):
        pass
    assert "Traceback" not in gateway.log


def test_the_gateway_reads_keys_only(redis: Redis, watcher: ClientConnection) -> None:
    # Given what Redis holds
    redis.set(keys.REVISION, 7)
    before = {key: redis.dump(key) for key in redis.scan_iter()}

    # When a watcher does all that clients can
    subscribe(watcher, "scanners:*", "quote:*")
    ask(watcher, {"action": "get", "cache": GAINERS})

    # Then it is as before
    assert {key: redis.dump(key) for key in redis.scan_iter()} == before
