"""Screens are feeds as boards are, as soon as they are published."""

import json

import pytest
from redis import Redis
from websockets.sync.client import ClientConnection

from leaderboard import keys
from leaderboard.boards import Order
from leaderboard.screens import definition
from leaderboard.screens.definition import Definition
from tests.support.waiting import eventually
from tests.support.watch.gateways import Gateway, ask, is_silent, publish, received, subscribe


def declare(redis: Redis, *names: str) -> None:
    """Publish the definitions of these screens."""
    screens = [
        Definition(name, name.title(), "by % change", "pct_change", Order.DESCENDING, 500, (), (), "close")
        for name in names
    ]
    redis.set(keys.SCREENS, definition.encode(screens))


@pytest.fixture
def forgetful(gateway: Gateway, redis: Redis) -> Gateway:
    """The gateway, which knows no screens of other tests."""
    eventually(lambda: "losers" not in error_of(gateway))
    return gateway


def error_of(gateway: Gateway) -> str:
    """The error for a screen that is not published. It lists those that are."""
    with gateway.connect() as client:
        answer = ask(client, {"action": "subscribe", "feed": "scanners:unheard_of"})
        assert answer["status"] == "error"
        return str(answer["message"])


def test_a_screen_is_subscribed_to_and_read(forgetful: Gateway, watcher: ClientConnection, redis: Redis) -> None:
    # Given a screen that was declared this moment
    declare(redis, "losers")

    # When it is subscribed to, then its publications come, byte for byte
    subscribe(watcher, "scanners:losers")
    publish(redis, "scanners:losers", '[{"rank":1,"symbol":"A", "pct_change_1m":null}]')
    assert received(watcher) == '[{"rank":1,"symbol":"A", "pct_change_1m":null}]'

    # And it can be read, in part
    publish(redis, "scanners:losers", '[{"rank":1},{"rank":2}]')
    received(watcher)
    assert ask(watcher, {"action": "get", "cache": "scanners:losers", "limit": 1})["data"] == [{"rank": 1}]

    # And the error for another one lists those that are published
    answer = ask(watcher, {"action": "subscribe", "feed": "scanners:winners"})
    assert answer["status"] == "error"
    assert answer["message"].endswith("scanners:top_gainers, scanners:losers")


def test_new_screens_join_patterns_and_old_ones_are_cleared(
    forgetful: Gateway, watcher: ClientConnection, redis: Redis
) -> None:
    # Given a watcher of all boards and screens, and one screen
    declare(redis, "losers")
    subscribe(watcher, "scanners:*", "scanners:losers")

    # When another is published for the first time, then its publications come soon
    declare(redis, "losers", "runners")
    eventually(lambda: redis.publish("scanners:runners", "[1]") == 1)
    assert received(watcher) == "[1]"

    # And when the first is removed, the watcher is sent its empty board, and can leave it
    declare(redis, "runners")
    eventually(lambda: "losers" not in error_of(forgetful))
    publish(redis, "scanners:losers", "[]")
    assert received(watcher) == "[]"
    for feed in ("scanners:losers", "scanners:*"):
        assert ask(watcher, {"action": "unsubscribe", "feed": feed}) == {"status": "unsubscribed", "feed": feed}
    assert redis.publish("scanners:runners", "[2]") == 0
    assert is_silent(watcher)


def test_junk_in_place_of_definitions_is_named(
    forgetful: Gateway, watcher: ClientConnection, redis: Redis
) -> None:
    # Given known screens
    declare(redis, "losers")
    subscribe(watcher, "scanners:losers")

    # When their key holds something else, then the health names it, and known screens still work
    redis.set(keys.SCREENS, json.dumps([{"name": 7}]))
    eventually(lambda: keys.SCREENS in str(forgetful.get("/healthz").json()["parts"]["gateway"]))
    publish(redis, "scanners:losers", "[1]")
    assert received(watcher) == "[1]"
    assert keys.SCREENS in ask(watcher, {"action": "get", "cache": "scanners:unheard_of"})["message"]
