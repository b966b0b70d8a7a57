"""Each client is sent what its feeds name, once and in order."""

import json
from contextlib import ExitStack

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as some
from redis import Redis
from websockets.sync.client import ClientConnection

from tests.support.waiting import eventually
from tests.support.watch.gateways import (
    GAINERS,
    GAPPERS,
    VOLUME,
    Gateway,
    ask,
    is_silent,
    publish,
    received,
    subscribe,
)
from watch.gateway.fanout.pattern import compile_pattern


@pytest.mark.parametrize("pattern", ["quote:A*", "quote:?APL", "quote:[A-C]*", "quote:[^M]*", r"quote:\A*"])
def test_quotes_by_pattern(watcher: ClientConnection, redis: Redis, pattern: str) -> None:
    subscribe(watcher, pattern)

    publish(redis, "quote:MSFT", '{"n":1}')
    publish(redis, "quote:AAPL", '{"n":2}')

    assert received(watcher) == '{"n":2}'


def test_boards_by_pattern(watcher: ClientConnection, redis: Redis) -> None:
    subscribe(watcher, "scanners:top_g*", "quote:*")

    redis.publish(VOLUME, "[1]")
    publish(redis, GAINERS, "[2]")
    publish(redis, GAPPERS, "[3]")

    assert [received(watcher), received(watcher)] == ["[2]", "[3]"]


def test_overlapping_feeds_bring_each_publication_once(watcher: ClientConnection, redis: Redis) -> None:
    # Given a watcher with several feeds that name the same channels
    subscribe(watcher, "quote:AAPL", "quote:*", "quote:A*", "quote:AAPL", GAINERS, "scanners:*")

    # Then publications come once
    publish(redis, "quote:AAPL", "{}")
    publish(redis, GAINERS, "[]")
    assert [received(watcher), received(watcher)] == ["{}", "[]"]
    assert is_silent(watcher)

    # And go on coming as long as one of the feeds is left
    for feed in ("quote:*", "quote:A*", "scanners:*"):
        assert ask(watcher, {"action": "unsubscribe", "feed": feed}) == {"status": "unsubscribed", "feed": feed}
    publish(redis, "quote:AAPL", "{}")
    publish(redis, GAINERS, "[]")
    assert [received(watcher), received(watcher)] == ["{}", "[]"]
    for feed in ("quote:AAPL", GAINERS):
        assert ask(watcher, {"action": "unsubscribe", "feed": feed})["status"] == "unsubscribed"
    redis.publish("quote:AAPL", "{}")
    redis.publish(GAINERS, "[]")
    assert is_silent(watcher)


def test_nothing_is_missed_or_doubled_while_others_turn_to_patterns(
    gateway: Gateway, watcher: ClientConnection, redis: Redis
) -> None:
    # Given a watcher of a single quote, and one that takes a pattern and leaves it, again and again
    subscribe(watcher, "quote:AAPL")
    with gateway.connect(max_queue=None) as other:
        for n in range(50):
            # When quotes are published all the while
            action = "unsubscribe" if n % 2 else "subscribe"
            other.send(json.dumps({"action": action, "feed": "quote:A*"}))
            publish(redis, "quote:AAPL", str(n))

    # Then the first one has each of them once
    assert [received(watcher) for _ in range(50)] == [str(n) for n in range(50)]
    assert is_silent(watcher)


CLIENTS = 3


FEEDS = ["quote:A", "quote:AB", "quote:*", "quote:A*", "quote:?B", VOLUME, GAINERS, "scanners:top_[^g]*"]


CHANNELS = ["quote:A", "quote:AB", "quote:C", VOLUME, GAINERS]


STEPS = some.lists(
    some.tuples(some.just("publish"), some.just(0), some.sampled_from(CHANNELS))
    | some.tuples(
        some.sampled_from(["subscribe", "unsubscribe"]),
        some.integers(0, CLIENTS - 1),
        some.sampled_from(FEEDS),
    ),
    max_size=25,
)


@examples(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_every_publication_comes_once_to_whom_a_feed_names_it(
    gateway: Gateway, redis: Redis, steps: list[tuple[str, int, str]]
) -> None:
    """Given any subscriptions of some clients, then each gets what its feeds name, once and in order."""
    with ExitStack() as stack:
        witness, *clients = (stack.enter_context(gateway.connect()) for _ in range(1 + CLIENTS))
        subscribe(witness, GAPPERS)
        feeds: list[set[str]] = [set() for _ in clients]
        for n, (action, who, name) in enumerate(steps):
            if action == "publish":
                redis.publish(name, json.dumps(n))
                # Once this has come through, so has the other.
                redis.publish(GAPPERS, "[]")
                assert received(witness) == "[]"
                for client, wanted in zip(clients, feeds, strict=True):
                    if any(compile_pattern(feed).fullmatch(name) for feed in wanted):
                        assert received(client) == json.dumps(n)
            else:
                assert ask(clients[who], {"action": action, "feed": name})["status"] == f"{action}d"
                (feeds[who].add if action == "subscribe" else feeds[who].discard)(name)
        assert all(is_silent(client) for client in clients)


def test_what_is_no_symbols_channel_is_not_forwarded(watcher: ClientConnection, redis: Redis) -> None:
    subscribe(watcher, "quote:*")

    redis.publish("quote:no symbol", "secret")
    redis.publish("quote:", "secret")
    redis.publish("quoted", "secret")

    assert is_silent(watcher)


def test_redis_has_one_subscriber_however_many_clients(gateway: Gateway, redis: Redis) -> None:
    # Given many clients of all feeds
    with ExitStack() as stack:
        clients = [stack.enter_context(gateway.connect()) for _ in range(20)]
        for each in clients:
            subscribe(each, "scanners:*", "quote:*")

        # Then Redis sends each publication once, and all of them have it
        assert redis.publish(GAINERS, "[1]") == 1
        assert redis.publish("quote:AAPL", "{}") == 1
        assert {(received(each), received(each)) for each in clients} == {("[1]", "{}")}

    # And when they have left, Redis is asked for nothing any more
    eventually(lambda: redis.publish(GAINERS, "[2]") == 0, 10)
    eventually(lambda: redis.pubsub_numpat() == 0, 10)


@pytest.mark.parametrize("compression", ["deflate", None])
def test_large_snapshots_arrive_whole(gateway: Gateway, redis: Redis, compression: str | None) -> None:
    # Given a snapshot larger than any buffer on its way
    snapshot = json.dumps([{"rank": n, "name": "ä" * (n % 50)} for n in range(20_000)])

    with gateway.connect(compression=compression) as client:
        subscribe(client, GAINERS)
        publish(redis, GAINERS, snapshot)

        assert received(client) == snapshot
        assert ask(client, {"action": "get", "cache": GAINERS})["data"] == json.loads(snapshot)
