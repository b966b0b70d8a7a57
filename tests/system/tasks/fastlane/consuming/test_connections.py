"""Servers, networks and connections that fail, and other ways to a server."""

import json
import subprocess
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import ConnectionError, RedisError
from redis.sentinel import Sentinel

from deploy.redis_server import RedisServer, executable, free_port
from tests.support.messages.lanes import (
    SENTINEL,
    Consumer,
    ack_all,
    put,
    redis_port,
    unacked,
    waiting,
)
from tests.support.redis_servers import certificates
from tests.support.redis_servers.proxy import Proxy
from tests.support.waiting import eventually


def test_a_full_server_is_emptied(redis: Redis, redis_url: str) -> None:
    # Given a consumer, and messages in a server that takes no more
    put(redis_url, "q", *range(30))
    with Consumer(redis_url, "q", prefetch=20) as consumer:
        redis.config_set("maxmemory", 1)
        try:
            # Then they are taken, acknowledged, and restored
            assert consumer.take(20) == [*range(20)]
            ack_all(consumer.messages[:10])
            consumer.take(30)
            consumer.turn(lambda: redis.hlen("unacked") == 20)
            consumer.close()
        finally:
            redis.config_set("maxmemory", 0)
    assert waiting(redis, "q") == [*range(10, 30)]


def test_a_consumer_comes_back_with_its_server(server: RedisServer) -> None:
    # Given a consumer
    put(server.url(), "q", *range(3))
    with Consumer(server.url(), "q") as consumer:
        consumer.take(3)
        ack_all(consumer.messages)
        consumer.channel.qos.flush_acks()

        # When its server dies and comes back
        server.kill()
        with pytest.raises(consumer.connection.connection_errors):
            consumer.turn(lambda: False)
        server.start()
        put(server.url(), "q", "back")

        # Then the same loop goes on
        def turn() -> bool:
            with suppress(*consumer.connection.connection_errors):
                consumer.hub.run_once()
            return len(consumer.messages) > 3

        eventually(turn)
        assert consumer.bodies == [0, 1, 2, "back"]


@pytest.mark.parametrize("of", ["all", "what is fetched", "what is acknowledged"])
def test_connections_that_the_server_closes(redis: Redis, redis_url: str, of: str) -> None:
    # Given a consumer in the middle of a stream
    put(redis_url, "q", *range(100))
    seen: list[int] = []

    def take(message: Any) -> None:
        seen.append(json.loads(message.body))
        message.ack()

    with Consumer(redis_url, "q", take=take, prefetch=10, client_name="consumer") as consumer:
        consumer.turn(lambda: len(seen) == 100)

        # When the server closes connections of its
        mine = [each for each in redis.client_list() if each["name"] == "consumer"]
        for each in mine:
            blocked = each["cmd"] in ("blmove", "eval")
            if of == "all" or blocked == (of == "what is fetched"):
                redis.client_kill_filter(_id=each["id"])
        put(redis_url, "q", *range(100, 200))

        # Then at most the messages in between are redelivered, and nothing is lost
        def turn() -> bool:
            with suppress(*consumer.connection.connection_errors):
                consumer.hub.run_once()
            return {*seen} == {*range(200)}

        eventually(turn)
        with suppress(*consumer.connection.connection_errors):
            consumer.turn_for(0.1)
        with suppress(*consumer.connection.connection_errors):
            consumer.channel.qos.flush_acks()
        consumer.channel.qos.flush_acks()
        assert unacked(redis) == []


def test_what_came_just_before_the_end_of_the_connection_is_counted(
    redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a consumer with several fetches in flight
    put(redis_url, "q", *range(40))
    consumer = Consumer(redis_url, "q", fetch_max=4)
    consumer.turn(lambda: len(consumer.channel._in_flight) > 1)
    before = len(consumer.channel.qos._delivered)

    # When the server closes the connection right behind a reply
    def at_its_end(self: Any, timeout: float = 0) -> bool:
        raise ConnectionError("the end")

    monkeypatch.setattr(type(consumer.channel.client.connection), "can_read", at_its_end)
    with pytest.raises(ConnectionError):
        consumer.turn(lambda: False)
    monkeypatch.undo()

    # Then the messages of that reply are counted as unacknowledged, and restored at the close
    assert len(consumer.channel.qos._delivered) == before + 4
    consumer.close()
    assert len(waiting(redis, "q")) + redis.hlen("unacked") == 40
    assert len(waiting(redis, "q")) >= before + 4


@pytest.mark.parametrize("after", [1, 30, 200, 4000])
def test_a_reply_that_breaks_off(redis: Redis, redis_url: str, proxy: Proxy, after: int) -> None:
    # Given a consumer behind a network that fails after so many bytes of a fetch's reply: within what the wait
    # brings, between the two, or within what the script brings
    url = f"redis://127.0.0.1:{proxy.port}/0"
    with Consumer(url, "q", socket_timeout=5) as consumer:
        consumer.turn(lambda: redis.info("clients")["blocked_clients"])
        proxy.cut_after(after)
        put(redis_url, "q", *range(100))

        # When it comes to that
        with pytest.raises(consumer.connection.connection_errors):
            consumer.turn(lambda: False)

        # Then every message is in the list, unacknowledged or recorded, and none is taken for another
        assert len(waiting(redis, "q")) + redis.hlen("unacked") == 100

        # And overdue ones come back to the same consumer
        with Consumer(redis_url, "other", visibility_timeout=0) as other:
            other.channel.qos.restore_visible(num=None)

        def turn() -> bool:
            with suppress(*consumer.connection.connection_errors):
                consumer.hub.run_once()
            return len(consumer.messages) >= 100

        eventually(turn)
        assert {*consumer.bodies} == {*range(100)}


def test_a_server_that_forgets_its_scripts(redis: Redis, redis_url: str) -> None:
    with Consumer(redis_url, "q") as consumer:
        for number in range(3):
            redis.script_flush()
            put(redis_url, "q", number)
            assert consumer.take(number + 1)[-1] == number
    assert waiting(redis, "q") == [0, 1, 2]


def test_a_server_that_forgets_everything(redis: Redis, redis_url: str) -> None:
    # Given messages unacknowledged when all data is deleted
    put(redis_url, "q", *range(5))
    with Consumer(redis_url, "q") as consumer:
        consumer.take(5)
        redis.flushall()

        # Then they can be acknowledged and rejected, and the next ones come
        ack_all(consumer.messages[:3])
        consumer.messages[3].reject(requeue=True)
        put(redis_url, "q", "next")
        assert consumer.take(6)[-1] == "next"
    assert waiting(redis, "q") == ["next"]


def test_sentinel(redis: Redis, redis_url: str, tmp_path: Path) -> None:
    # Given a sentinel that watches the server
    port = free_port()
    (tmp_path / "sentinel.conf").write_text(
        f"port {port}\nsentinel monitor boards 127.0.0.1 {redis_port(redis)} 1\n"
    )
    sentinel = subprocess.Popen(
        [executable(), str(tmp_path / "sentinel.conf"), "--sentinel"], stdout=subprocess.DEVNULL
    )
    try:
        watched = Sentinel([("127.0.0.1", port)])
        eventually(lambda: watching(watched, "boards"))
        url = f"sentinel://127.0.0.1:{port}/0"

        # Then messages are taken, acknowledged and restored by way of it
        put(redis_url, "q", *range(30))
        with Consumer(url, "q", transport=SENTINEL, prefetch=20, master_name="boards", fetch_max=20) as consumer:
            assert consumer.take(20) == [*range(20)]
            ack_all(consumer.messages[:5])
            consumer.take(25)
            consumer.turn(lambda: redis.hlen("unacked") == 20)
        assert waiting(redis, "q") == [*range(5, 30)]
    finally:
        sentinel.terminate()
        sentinel.wait()


def watching(sentinel: Sentinel, name: str) -> bool:
    try:
        return bool(sentinel.discover_master(name))
    except RedisError:
        return False


@certificates.made
def test_tls(redis: Redis, redis_url: str, tmp_path: Path) -> None:
    # Given a server behind TLS, in a proxy's stead where its program has none
    certificates.authority(tmp_path, "server")
    proxy = Proxy(redis_port(redis), tls=certificates.shown_by(tmp_path, "server"))
    url = f"rediss://127.0.0.1:{proxy.port}/0?ssl_cert_reqs=none"

    # Then messages, more than one record of TLS holds, are taken, acknowledged and restored through it
    put(redis_url, "q", *["x" * n for n in range(0, 60_000, 600)])
    with Consumer(url, "q", prefetch=80, fetch_max=50) as consumer:
        assert [len(body) for body in consumer.take(80)] == [*range(0, 48_000, 600)]
        ack_all(consumer.messages[:10])
        consumer.take(90)
        consumer.turn(lambda: redis.hlen("unacked") == 80)
    assert len(waiting(redis, "q")) == 90
    proxy.close()


def test_a_server_that_answers_late(server: RedisServer) -> None:
    # Given a consumer whose server stands still for a while
    redis = Redis(port=server.port)
    put(server.url(), "q", *range(50))
    seen: list[int] = []

    def take(message: Any) -> None:
        seen.append(json.loads(message.body))
        message.ack()

    with Consumer(server.url(), "q", take=take, prefetch=5, socket_timeout=10) as consumer:
        consumer.turn(lambda: len(seen) > 10)
        server.pause()
        threading.Timer(1.0, server.resume).start()

        # Then it goes on, and nothing comes twice
        consumer.turn(lambda: len(seen) == 50)
        assert seen == [*range(50)]
        consumer.turn(lambda: not redis.exists("unacked_index"))


def test_a_network_that_swallows_everything(redis: Redis, redis_url: str, proxy: Proxy) -> None:
    # Given a consumer with a message unacknowledged behind a network that forwards nothing any more
    put(redis_url, "q", "held")
    url = f"redis://127.0.0.1:{proxy.port}/0"
    with Consumer(url, "q", socket_timeout=0.5, health_check_interval=1) as consumer:
        consumer.take(1)
        proxy.hold()
        put(redis_url, "q", "later")

        # When it acknowledges, then it hears of it in time
        consumer.messages[0].ack()
        with suppress(*consumer.connection.connection_errors):
            consumer.turn_for(2.5)

        # And goes on with what is there when the network is back
        proxy.cut()
        proxy.resume()
        with Consumer(redis_url, "other", visibility_timeout=0) as other:

            def turn() -> bool:
                with suppress(*consumer.connection.connection_errors):
                    consumer.hub.run_once()
                other.channel.qos.restore_visible(num=None, interval=1)
                return "later" in consumer.bodies

            eventually(turn)
