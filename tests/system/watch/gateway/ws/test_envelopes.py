"""Publications in envelopes: which feed each is of."""

import json

from redis import Redis
from websockets.sync.client import ClientConnection

from tests.support.watch.gateways import (
    GAINERS,
    KEY,
    VOLUME,
    Gateway,
    ask,
    follow,
    is_silent,
    publish,
    received,
    subscribe,
)

ODD = '[ {"rank":1, "symbol":"A","close":1.50} ]'


def test_publications_come_in_envelopes_from_hello_on(
    gateway: Gateway, watcher: ClientConnection, redis: Redis
) -> None:
    # Given two clients of the same feeds, one of which says hello
    feeds = (GAINERS, "quote:*")
    with gateway.connect() as bare:
        subscribe(bare, *feeds)
        subscribe(watcher, *feeds)
        assert ask(watcher, {"action": "hello", "envelope": True}) == {"status": "hello", "envelope": True}

        # When a board and a quote are published, then both have the same bytes, one with their feed
        for channel, payload in ((GAINERS, ODD), ("quote:A.B", '{"symbol":"A.B","close":1e2}')):
            publish(redis, channel, payload)
            assert received(watcher) == f'{{"feed":"{channel}","data":{payload}}}'
            assert received(bare) == payload

        # And what is no JSON reaches the other alone
        publish(redis, GAINERS, "no JSON")
        assert received(bare) == "no JSON"
        assert is_silent(watcher)

    # And answers and deltas stay as they are
    redis.set(VOLUME, ODD)
    assert ask(watcher, {"action": "get", "cache": VOLUME}) == {"cache": VOLUME, "data": json.loads(ODD)}
    follow(watcher, VOLUME)
    publish(redis, VOLUME, "[]")
    assert json.loads(received(watcher))["gone"] == ["A"]

    # Until the client wants none
    assert ask(watcher, {"action": "hello", "envelope": False}) == {"status": "hello", "envelope": False}
    publish(redis, GAINERS, ODD)
    assert received(watcher) == ODD


def test_hello_comes_after_authentication(guarded: Gateway, redis: Redis) -> None:
    with guarded.connect() as client:
        assert ask(client, {"action": "hello", "envelope": True}) == {"status": "unauthorized"}
    with guarded.connect() as client:
        assert ask(client, {"action": "auth", "api_key": KEY}) == {"status": "authorized"}
        assert ask(client, {"action": "hello", "envelope": True})["status"] == "hello"
