"""Who may open a WebSocket, and authenticate there."""

import time

import pytest
from redis import Redis
from websockets.exceptions import InvalidStatus

from tests.support.watch.gateways import (
    GAINERS,
    KEY,
    Gateway,
    ask,
    closing,
    publish,
    received,
    subscribe,
)


def test_with_the_key_everything_can_be_read(guarded: Gateway, redis: Redis) -> None:
    with guarded.connect() as client:
        assert ask(client, {"action": "auth", "api_key": KEY}) == {"status": "authorized"}
        subscribe(client, GAINERS)
        publish(redis, GAINERS, "[1]")
        assert received(client) == "[1]"


def test_a_wrong_key_may_be_mended_but_not_often(guarded: Gateway, redis: Redis) -> None:
    with guarded.connect() as client:
        assert ask(client, {"action": "auth", "api_key": "wrong"}) == {"status": "invalid key"}
        assert ask(client, {"action": "auth", "api_key": KEY}) == {"status": "authorized"}
    with guarded.connect() as client:
        for _ in range(3):
            assert ask(client, {"action": "auth", "api_key": ""}) == {"status": "invalid key"}
        assert closing(client) == (['{"status":"unauthorized"}'], 1008)


@pytest.mark.parametrize(
    "message",
    [
        '{"action":"get","cache":"scanners:top_gainers"}',
        '{"action":"subscribe","feed":"scanners:*"}',
        '{"action":"auth"}',
        '{"action":"auth","api_key":null}',
        "nonsense",
        "",
    ],
)
def test_without_the_key_nothing_can_be_read(guarded: Gateway, redis: Redis, message: str) -> None:
    redis.set(GAINERS, "[1]")
    with guarded.connect() as client:
        client.send(message)
        assert closing(client) == (['{"status":"unauthorized"}'], 1008)


def test_who_says_nothing_is_sent_away(guarded: Gateway, redis: Redis) -> None:
    with guarded.connect() as client:
        began = time.monotonic()
        assert client.recv(20) == '{"status":"unauthorized"}'
        assert closing(client) == ([], 1008)
        assert 3 < time.monotonic() - began < 20
    # And meanwhile the subscription, on which nothing happened, was not taken for lost
    assert "lost" not in guarded.log


def test_pages_of_others_may_not_read_what_needs_no_key(gateway: Gateway, redis: Redis) -> None:
    # Given a browser that shows somebody else's page
    for origin in ("https://evil.example", "null"):
        # Then it is not let in
        with pytest.raises(InvalidStatus, match="403"), gateway.connect(origin=origin):
            pass

    # And the gateway's own page is
    with gateway.connect(origin=f"http://127.0.0.1:{gateway.port}") as client:
        subscribe(client, GAINERS)
