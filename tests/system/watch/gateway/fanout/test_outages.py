"""The gateway and Redis go and come back."""

from pathlib import Path

import pytest
from redis import Redis

from deploy.redis_server import RedisServer
from tests.support.waiting import eventually
from tests.support.watch.gateways import (
    GAINERS,
    GAPPERS,
    Gateway,
    ask,
    closing,
    eventually_healthy,
    publish,
    received,
    subscribe,
)


def test_clients_come_back_to_a_restarted_gateway(redis: Redis, tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    try:
        # Given a client of a gateway
        with gateway.connect() as client:
            subscribe(client, GAINERS)

            # When the gateway is stopped
            gateway.stop()

            # Then its close code says that it will be back
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

            # Then clients that ask get an error, and can subscribe all the same
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
