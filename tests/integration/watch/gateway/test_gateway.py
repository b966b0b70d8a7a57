"""The gateway's WebSocket, as a client sees it that knows the protocol and nothing of ours."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as some
from redis import Redis
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from deploy.redis_server import RedisServer
from leaderboard import keys
from leaderboard.boards import BOARDS
from leaderboard.system import System
from tests.support.gateways import (
    MESSAGES,
    Gateway,
    ask,
    closing,
    eventually_healthy,
    is_silent,
    received,
    subscribe,
)
from tests.support.market import bar
from tests.support.waiting import eventually
from watch.gateway.fanout.pattern import compile_pattern

VOLUME, GAPPERS, GAINERS = (board.scanner for board in BOARDS)
KEY = "a key of letters, and more"


@pytest.fixture(scope="module")
def gateway(redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway without a key, for all tests that leave it running."""
    started = Gateway(tmp_path_factory.mktemp("gateway"))
    yield started
    started.stop()


@pytest.fixture
def client(gateway: Gateway, redis: Redis) -> Iterator[ClientConnection]:
    with gateway.connect() as connected:
        yield connected


def metric(gateway: Gateway, name: str) -> float:
    [value] = [
        line.split()[1] for line in gateway.get("/metrics").text.splitlines() if line.startswith(f"{name} ")
    ]
    return float(value)


def publish(redis: Redis, channel: str, payload: str) -> None:
    """Publish as the core does; somebody must be there to hear it."""
    redis.set(channel, payload)
    assert redis.publish(channel, payload) >= 1


# --- what is asked


def test_a_scripted_client_sees_the_market(client: ClientConnection, system: System, redis: Redis) -> None:
    # Given a market with a board already published
    system.process([bar("AAPL", "09:30:00", close=11.0, o=10.0), bar("MSFT", "09:30:00", close=10.5, o=10.0)])
    eventually(lambda: system.publish().result == "published")

    # When a client authenticates, gets, subscribes
    assert ask(client, {"action": "auth", "api_key": "any"}) == {"status": "authorized"}
    first = ask(client, {"action": "get", "cache": "scanners:top_gainers", "limit": 1})
    subscribe(client, "scanners:top_gainers", "quote:*")

    # Then it has the board, and each publication follows byte for byte
    assert [row["symbol"] for row in first["data"]] == ["AAPL"]
    system.process([bar("MSFT", "09:30:01", close=12.0, o=10.0)])
    assert received(client).encode() == redis.get("quote:MSFT")
    eventually(lambda: system.publish().result == "published")
    text = received(client)
    assert text.encode() == redis.get("scanners:top_gainers")
    assert [row["symbol"] for row in json.loads(text)] == ["MSFT", "AAPL"]


def test_what_is_held_can_be_got(client: ClientConnection, redis: Redis) -> None:
    # Given a board of three rows and a quote
    redis.set(GAINERS, '[{"rank":1},{"rank":2},{"rank":3}]')
    redis.set("quote:AAPL", '{"symbol":"AAPL"}')

    # Then each can be got, the board in part, and what is not there is null
    assert ask(client, {"action": "get", "cache": GAINERS})["data"] == [{"rank": 1}, {"rank": 2}, {"rank": 3}]
    assert ask(client, {"action": "get", "cache": GAINERS, "limit": 2})["data"] == [{"rank": 1}, {"rank": 2}]
    assert ask(client, {"action": "get", "cache": "quote:AAPL"}) == {
        "cache": "quote:AAPL",
        "data": {"symbol": "AAPL"},
    }
    assert ask(client, {"action": "get", "cache": "quote:MSFT"}) == {"cache": "quote:MSFT", "data": None}
    assert ask(client, {"action": "get", "cache": VOLUME, "limit": 5}) == {"cache": VOLUME, "data": None}


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
def test_what_is_not_understood_or_allowed_is_told_and_the_connection_stays(
    client: ClientConnection, message: object
) -> None:
    told = ask(client, message)

    assert told["status"] == "error"
    assert told["message"]
    subscribe(client, GAINERS)


@examples(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.lists(MESSAGES, max_size=10))
def test_whatever_is_sent_is_answered(client: ClientConnection, messages: list[str | bytes]) -> None:
    """Given any messages, then each has its answer, and the connection stays."""
    for message in messages:
        answer = ask(client, message)
        assert answer.keys() in ({"status", "message"}, {"status"}, {"status", "feed"}, {"cache", "data"})
    assert ask(client, {"action": "auth", "api_key": ""}) == {"status": "authorized"}


def test_messages_are_bounded(client: ClientConnection) -> None:
    # When a client sends a message longer than any of the protocol
    client.send(json.dumps({"action": "subscribe", "feed": "A" * 10_000}))

    # Then its connection ends: the message is too big
    assert closing(client) == ([], 1009)


def test_subscriptions_of_a_client_are_bounded(client: ClientConnection) -> None:
    subscribe(client, *(f"quote:A{n}" for n in range(1000)))

    assert ask(client, {"action": "subscribe", "feed": "quote:ONE.MORE"})["status"] == "error"
    subscribe(client, "quote:A7")
    assert ask(client, {"action": "unsubscribe", "feed": "quote:A7"})["status"] == "unsubscribed"
    subscribe(client, "quote:ONE.MORE")


def test_many_subscriptions_at_once_are_answered_in_order(client: ClientConnection, redis: Redis) -> None:
    # Given a client that sends all that it wants in one go, and asks for a board between
    redis.set(GAINERS, "[]")
    feeds = [f"quote:S{n}" for n in range(600)]
    messages = [{"action": "subscribe", "feed": feed} for feed in feeds]
    messages[300:300] = [{"action": "get", "cache": GAINERS}, {"action": "subscribe", "feed": "nonsense"}]
    messages += [{"action": "unsubscribe", "feed": "quote:S7"}, {"action": "subscribe", "feed": GAINERS}]
    for message in messages:
        client.send(json.dumps(message))

    # Then each has its answer in its turn
    answers = [json.loads(received(client)) for _ in messages]
    assert [answer.get("feed") for answer in answers[:300]] == feeds[:300]
    assert answers[300] == {"cache": GAINERS, "data": []}
    assert answers[301]["status"] == "error"
    assert [answer["feed"] for answer in answers[302:]] == [*feeds[300:], "quote:S7", GAINERS]

    # And what was confirmed is forwarded
    publish(redis, "quote:S599", "{}")
    publish(redis, GAINERS, "[1]")
    assert [received(client), received(client)] == ["{}", "[1]"]
    # Redis hears of an unsubscription a moment after the client does.
    eventually(lambda: redis.publish("quote:S7", "{}") == 0)


# --- what is forwarded


@pytest.mark.parametrize("pattern", ["quote:A*", "quote:?APL", "quote:[A-C]*", "quote:[^M]*", r"quote:\A*"])
def test_quotes_by_pattern(client: ClientConnection, redis: Redis, pattern: str) -> None:
    subscribe(client, pattern)

    publish(redis, "quote:MSFT", '{"n":1}')
    publish(redis, "quote:AAPL", '{"n":2}')

    assert received(client) == '{"n":2}'


def test_boards_by_pattern(client: ClientConnection, redis: Redis) -> None:
    subscribe(client, "scanners:top_g*", "quote:*")

    redis.publish(VOLUME, "[1]")
    publish(redis, GAINERS, "[2]")
    publish(redis, GAPPERS, "[3]")

    assert [received(client), received(client)] == ["[2]", "[3]"]


def test_overlapping_feeds_bring_each_publication_once(client: ClientConnection, redis: Redis) -> None:
    # Given a client with several feeds that name the same channels
    subscribe(client, "quote:AAPL", "quote:*", "quote:A*", "quote:AAPL", GAINERS, "scanners:*")

    # Then publications come once
    publish(redis, "quote:AAPL", "{}")
    publish(redis, GAINERS, "[]")
    assert [received(client), received(client)] == ["{}", "[]"]
    assert is_silent(client)

    # And go on coming as long as one of the feeds is left
    for feed in ("quote:*", "quote:A*", "scanners:*"):
        assert ask(client, {"action": "unsubscribe", "feed": feed}) == {"status": "unsubscribed", "feed": feed}
    publish(redis, "quote:AAPL", "{}")
    publish(redis, GAINERS, "[]")
    assert [received(client), received(client)] == ["{}", "[]"]
    for feed in ("quote:AAPL", GAINERS):
        assert ask(client, {"action": "unsubscribe", "feed": feed})["status"] == "unsubscribed"
    redis.publish("quote:AAPL", "{}")
    redis.publish(GAINERS, "[]")
    assert is_silent(client)


def test_nothing_is_missed_or_doubled_while_others_turn_to_patterns(
    gateway: Gateway, client: ClientConnection, redis: Redis
) -> None:
    # Given a client of a single quote, and one that takes a pattern and leaves it, again and again
    subscribe(client, "quote:AAPL")
    with gateway.connect(max_queue=None) as other:
        for n in range(50):
            # When quotes are published all the while
            action = "unsubscribe" if n % 2 else "subscribe"
            other.send(json.dumps({"action": action, "feed": "quote:A*"}))
            publish(redis, "quote:AAPL", str(n))

    # Then the first one has each of them once
    assert [received(client) for _ in range(50)] == [str(n) for n in range(50)]
    assert is_silent(client)


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


def test_what_is_no_symbols_channel_is_not_forwarded(client: ClientConnection, redis: Redis) -> None:
    subscribe(client, "quote:*")

    redis.publish("quote:no symbol", "secret")
    redis.publish("quote:", "secret")
    redis.publish("quoted", "secret")

    assert is_silent(client)


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


# --- slow clients


def test_a_slow_client_gets_the_newest_and_delays_nobody(
    gateway: Gateway, client: ClientConnection, redis: Redis
) -> None:
    # Given a client that reads nothing for a while, and one that does
    subscribe(client, "scanners:*")
    with gateway.connect(compression=None, max_queue=1) as slow:
        slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        subscribe(slow, "scanners:*")

        # When far more is published than the way to it holds
        snapshots = [json.dumps([n, "x" * 300_000]) for n in range(60)]
        latencies = []
        for snapshot in snapshots:
            began = time.monotonic()
            publish(redis, GAINERS, snapshot)
            assert received(client) == snapshot
            latencies.append(time.monotonic() - began)

        # Then the other had each at once
        assert sorted(latencies)[-3] < 0.5
        # And the slow one, once it reads, has some of the first, and of the others the newest alone
        came = [received(slow)]
        while came[-1] != snapshots[-1]:
            came.append(received(slow))
        assert came == sorted(set(came) & set(snapshots), key=snapshots.index)
        assert len(came) < len(snapshots)
    assert metric(gateway, "gateway_conflated_total") > 0


def test_a_client_that_takes_nothing_is_dropped(gateway: Gateway, redis: Redis) -> None:
    # Given a client that stops reading
    with gateway.connect(compression=None, max_queue=1, ping_interval=None, close_timeout=1) as stuck:
        stuck.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        subscribe(stuck, GAINERS)

        def dropped() -> bool:
            redis.publish(GAINERS, json.dumps("x" * 1_000_000))
            return metric(gateway, "gateway_dropped_total") == 1

        # When publications go on
        eventually(dropped, 30, "the client is dropped")

        # Then it is nobody's concern any more, and is told why should it ever read again
        assert metric(gateway, "gateway_clients") == 0
        _, code = closing(stuck)
        assert code == 1013


# --- the gateway and Redis come and go


def test_clients_come_back_to_a_restarted_gateway(redis: Redis, tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    try:
        # Given a client of a gateway
        with gateway.connect() as client:
            subscribe(client, GAINERS)

            # When the gateway is stopped
            gateway.stop()

            # Then the client is told that it will be back
            assert closing(client) == ([], 1012)

        # And is served again once it is
        gateway.start()
        with gateway.connect() as client:
            subscribe(client, GAINERS)
            publish(redis, GAINERS, "[1]")
            assert received(client) == "[1]"
    finally:
        gateway.stop()


def test_subscriptions_outlive_redis(tmp_path_factory: pytest.TempPathFactory) -> None:
    # Given a gateway on a Redis of its own, with a client of a board, a quote and a pattern
    server = RedisServer(tmp_path_factory.mktemp("redis")).start()
    urls = {"REDIS_URL": server.url(), "CELERY_BROKER_URL": server.url(1)}
    gateway = Gateway(tmp_path_factory.mktemp("gateway"), **urls)
    redis = Redis.from_url(server.url())
    try:
        with gateway.connect() as client:
            subscribe(client, GAINERS, "quote:AAPL", "quote:M*")

            # When Redis is gone
            server.stop()
            eventually_healthy(gateway, "subscription", ok=False)

            # Then clients are told so when they ask, and can subscribe all the same
            assert ask(client, {"action": "get", "cache": GAINERS})["status"] == "error"
            assert gateway.get("/api/boards/gainers").status_code == 503
            subscribe(client, GAPPERS)

            # And when it is back, they have what stands now, and whatever follows
            server.start()
            redis.mset({GAINERS: "[1]", GAPPERS: "[2]", "quote:AAPL": "{}"})
            redis.client_kill_filter(_type="pubsub")
            eventually_healthy(gateway, "subscription", ok=True)
            came: set[str] = set()
            while len(came) < 3:
                came.add(received(client))
            assert came == {"[1]", "[2]", "{}"}
            eventually(lambda: redis.publish("quote:MSFT", '{"n":1}'))
            while (text := received(client)) != '{"n":1}':
                assert text in came
    finally:
        gateway.stop()
        server.stop()


# --- keys and origins


@pytest.fixture(scope="module")
def guarded(redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway that asks for a key."""
    started = Gateway(tmp_path_factory.mktemp("guarded"), key=KEY)
    yield started
    started.stop()


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


def test_there_is_one_websocket(gateway: Gateway, redis: Redis) -> None:
    # Given somebody who looks for one elsewhere
    address = f"ws://127.0.0.1:{gateway.port}/elsewhere"

    # Then there is none, and the log has nothing to say of it
    with pytest.raises(InvalidStatus, match="403"), connect(address, proxy=None):
        pass
    assert "Traceback" not in gateway.log


def test_pages_of_others_may_not_read_what_needs_no_key(gateway: Gateway, redis: Redis) -> None:
    # Given a browser that shows somebody else's page
    for origin in ("https://evil.example", "null"):
        # Then it is not let in
        with pytest.raises(InvalidStatus, match="403"), gateway.connect(origin=origin):
            pass

    # And the gateway's own page is
    with gateway.connect(origin=f"http://127.0.0.1:{gateway.port}") as client:
        subscribe(client, GAINERS)


def test_a_silent_redis_is_noticed(redis: Redis, tmp_path_factory: pytest.TempPathFactory) -> None:
    # Given a gateway whose Redis stands still, its connections open
    server = RedisServer(tmp_path_factory.mktemp("redis")).start()
    urls = {"REDIS_URL": server.url(), "CELERY_BROKER_URL": server.url(1)}
    gateway = Gateway(tmp_path_factory.mktemp("gateway"), **urls)
    try:
        eventually_healthy(gateway, "subscription", ok=True)
        server.pause()

        # Then that is noticed, and that it goes on as well
        eventually_healthy(gateway, "redis", ok=False)
        eventually_healthy(gateway, "subscription", ok=False)
        server.resume()
        eventually_healthy(gateway, "redis", ok=True)
        eventually_healthy(gateway, "subscription", ok=True)
    finally:
        server.resume()
        gateway.stop()
        server.stop()


def test_the_gateway_reads_keys_only(redis: Redis, client: ClientConnection) -> None:
    # Given what Redis holds
    redis.set(keys.REVISION, 7)
    before = {key: redis.dump(key) for key in redis.scan_iter()}

    # When a client does all that clients can
    subscribe(client, "scanners:*", "quote:*")
    ask(client, {"action": "get", "cache": GAINERS})

    # Then it is as before
    assert {key: redis.dump(key) for key in redis.scan_iter()} == before
