"""The feed of alerts on the WebSocket."""

import json

from redis import Redis
from websockets.sync.client import ClientConnection

from deploy.redis_server import RedisServer
from leaderboard import keys
from tests.support.alerts import AT, alert, fire
from tests.support.waiting import eventually
from tests.support.watch.gateways import Gateway, ask, eventually_healthy, is_silent, received, subscribe


def test_each_alert_comes_as_it_fires(watcher: ClientConnection, redis: Redis) -> None:
    # Given an alert, and then a subscription
    fire(redis, alert("OLD", at=AT - 1_000))
    subscribe(watcher, "alerts")
    # When two fire in one tick, then both come, byte for byte, and no older one
    fire(redis, alert("A"), alert("B"))
    assert [received(watcher) for _ in range(2)] == [alert(symbol).json().decode() for symbol in "AB"]
    # And no more once that is ended
    assert ask(watcher, {"action": "unsubscribe", "feed": "alerts"})["status"] == "unsubscribed"
    fire(redis, alert("C", at=AT + 1_000))
    assert is_silent(watcher)


def test_whoever_subscribes_again_is_sent_nothing_older(watcher: ClientConnection, redis: Redis) -> None:
    for n in range(3):
        subscribe(watcher, "alerts")
        fire(redis, alert("A", at=AT + n * 1_000))
        assert json.loads(received(watcher))["at"] == AT + n * 1_000
        assert ask(watcher, {"action": "unsubscribe", "feed": "alerts"})["status"] == "unsubscribed"
        fire(redis, alert("B", at=AT + n * 1_000))


def test_alerts_come_in_envelopes_that_name_the_feed(watcher: ClientConnection, redis: Redis) -> None:
    ask(watcher, {"action": "hello", "envelope": True})
    subscribe(watcher, "alerts")

    fire(redis, alert("A"))

    assert json.loads(received(watcher)) == {"feed": "alerts", "data": json.loads(alert("A").json())}


def test_alerts_have_no_deltas_and_no_patterns(watcher: ClientConnection, redis: Redis) -> None:
    answer = ask(watcher, {"action": "subscribe", "feed": "alerts", "mode": "delta"})
    assert answer["message"].startswith("'alerts' has no deltas")
    assert ask(watcher, {"action": "subscribe", "feed": "alert*"})["status"] == "error"


def test_nothing_else_of_a_client_suffers(watcher: ClientConnection, redis: Redis) -> None:
    """Given quotes and alerts, then each comes by its feed."""
    subscribe(watcher, "quote:AAPL", "alerts")
    redis.publish(keys.quote("AAPL"), "{}")
    assert received(watcher) == "{}"
    fire(redis, alert("A"))
    assert json.loads(received(watcher))["symbol"] == "A"


def test_what_fires_while_the_connection_to_redis_is_lost_comes_afterwards(
    gateway: Gateway, redis: Redis, redis_server: RedisServer
) -> None:
    with gateway.connect() as client:
        subscribe(client, "alerts")
        fire(redis, alert("A"))
        assert json.loads(received(client))["symbol"] == "A"
        # Given a gateway whose subscription is cut off, and an alert of which it hears nothing
        redis.client_kill_filter(_type="pubsub")
        stored = alert("B", at=AT + 1_000)
        redis.xadd(keys.ALERTS, {"alert": stored.json()}, id=f"{stored.at // 1000}-0")
        # When it is connected again, then the alert comes, once
        assert json.loads(received(client)) == json.loads(stored.json())
        eventually_healthy(gateway, "subscription", ok=True)
        assert is_silent(client)


def test_a_slow_client_is_sent_each_alert_when_it_has_caught_up(gateway: Gateway, redis: Redis) -> None:
    with gateway.connect(compression=None, max_queue=1) as client:
        # Given a client that reads nothing, and is sent more than the buffers between hold
        subscribe(client, "quote:BIG", "alerts")
        big = json.dumps("x" * 1_000_000)
        for _ in range(20):
            redis.publish("quote:BIG", big)
        # When alerts fire
        fire(redis, *(alert(f"S{n}") for n in range(300)))
        eventually(lambda: gateway.metric("gateway_conflated_total") > 0)
        # Then it gets each of them once it reads
        symbols: list[str] = []
        while len(symbols) < 300:
            message = json.loads(received(client))
            if isinstance(message, dict):
                symbols.append(message["symbol"])
        assert symbols == [f"S{n}" for n in range(300)]


def test_what_is_no_stream_is_named_and_ends_nothing(watcher: ClientConnection, redis: Redis) -> None:
    # Given a key of another type
    redis.set(keys.ALERTS, "x")
    answer = ask(watcher, {"action": "subscribe", "feed": "alerts"})
    assert answer["message"] == f"the key {keys.ALERTS} does not hold a stream"
    # When it becomes one under a subscription, then alerts come
    redis.delete(keys.ALERTS)
    subscribe(watcher, "alerts")
    redis.set(keys.ALERTS, "x")
    redis.publish(keys.ALERTS_CHANNEL, "{}")
    redis.delete(keys.ALERTS)
    fire(redis, alert("A"))
    assert json.loads(received(watcher))["symbol"] == "A"
