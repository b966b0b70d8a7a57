"""Answers of the wrong shape: nothing that workers, Redis or a proxy say ends a gateway or stops what it polls."""

import asyncio
import base64
import json
import logging
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, suppress
from typing import Any, cast

import pytest
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from config.settings import settings
from deploy.redis_server import RedisServer
from leaderboard import keys
from leaderboard.boards import BOARDS
from tests.support.gateways import SOON, Gateway, ask, received, subscribe
from tests.support.proxy import Proxy
from tests.support.waiting import eventually
from watch.gateway.cluster.monitor import Monitor
from watch.gateway.cluster.worker_count import WorkerProbe, count_workers
from watch.gateway.fanout.broadcaster import Broadcaster
from watch.gateway.supervisor import Supervisor

GAINERS = BOARDS[2].scanner
SOUND = {"worker@here": [{"name": "aggs"}]}

# --- workers


# What a worker, or something that passes itself off as one, may answer.
BODIES: list[Any] = [
    {"worker@there": {"error": "out of order"}},
    {"worker@there": ["aggs"]},
    {"worker@there": [None]},
    {"worker@there": "aggs"},
    {"worker@there": None},
    {"worker@there": 7},
    {"error": "no such command"},
    {},
    [],
    [SOUND],
    "aggs",
    7,
    None,
    KeyError("properties"),
]


@pytest.mark.parametrize("body", BODIES, ids=repr)
def test_a_worker_that_does_not_answer_soundly_is_not_counted(body: Any) -> None:
    called = count_workers([body, SOUND])

    assert called.workers == 1
    assert len(called.invalid) == 1


def test_a_worker_of_other_queues_is_sound_and_takes_no_bars() -> None:
    assert count_workers([{"a": [{"name": "clock"}]}, {"b": []}, {"c": [{"no name": 1}]}]) == count_workers([])


def envelope(body: Any, ticket: str, **headers: Any) -> bytes:
    """A message as kombu puts it on a list."""
    encoded = base64.b64encode(json.dumps(body).encode()).decode()
    properties = {"body_encoding": "base64", "delivery_info": {}, "delivery_tag": "1"}
    return json.dumps(
        {
            "body": encoded,
            "content-type": "application/json",
            "content-encoding": "utf-8",
            "headers": {"ticket": ticket, **headers},
            "properties": properties,
        }
    ).encode()


class FakeWorkers:
    """Answers each question to workers with all that it was given, and soundly last."""

    def __init__(self, broker: Redis, bodies: list[Any], raw: list[bytes]) -> None:
        self._broker, self._bodies, self._raw = broker, bodies, raw
        self._over = threading.Event()
        self._listener = broker.pubsub(ignore_subscribe_messages=True)
        self._listener.psubscribe("*celery.pidbox")
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "FakeWorkers":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()
        self._listener.close()

    def _run(self) -> None:
        while not self._over.is_set():
            if message := self._listener.get_message(timeout=0.1):
                question = json.loads(base64.b64decode(json.loads(message["data"])["body"]))
                queue = f"{question['reply_to']['routing_key']}.reply.celery.pidbox"
                strange = {"clock": "no number", "expires": "never"}
                bodies = [envelope(each, question["ticket"], **strange) for each in [*self._bodies, SOUND]]
                for answer in [*self._raw, *bodies]:
                    self._broker.lpush(queue, answer)


UNREADABLE = [
    b"",
    b"no JSON",
    b"\xff\xfe",
    b"[]",
    b"7",
    b"null",
    b"{}",
    b'{"body": 1, "headers": {}, "properties": {}}',
    envelope(1, "").replace(b"application/json", b"application/x-python-serialize"),
    envelope(1, "").replace(b"base64", b"no coding"),
    envelope(1, "").replace(b'{"ticket": ""}', b'["ticket"]'),
]


def test_what_is_no_message_hides_no_worker(broker: Redis) -> None:
    # Given a worker that answers soundly, behind all that is no answer
    bodies = [body for body in BODIES if not isinstance(body, Exception)]
    with FakeWorkers(broker, bodies, UNREADABLE):
        # When workers are asked
        called = WorkerProbe(settings().celery_broker_url, {}).count()

    # Then it is counted, and of the others it is said what is wrong
    assert called.workers == 1
    assert any("out of order" in why for why in called.invalid)
    assert any("cannot be read" in why for why in called.invalid)


def test_workers_that_answer_without_end_are_asked_for_a_time_only(broker: Redis) -> None:
    workers = WorkerProbe(settings().celery_broker_url, {})
    over = threading.Event()

    def flood() -> None:
        # Each answer comes while the last one is waited for.
        while not over.wait(0.3):
            for queue in broker.keys("_kombu.binding.reply.celery.pidbox*"):
                for bound in cast(set[bytes], broker.smembers(queue)):
                    broker.lpush(bound.split(b"\x06\x16")[-1], envelope(SOUND, "another question's"))

    thread = threading.Thread(target=flood)
    thread.start()
    try:
        asked = threading.Thread(target=workers.count)
        asked.start()
        asked.join(SOON)
        assert not asked.is_alive()
    finally:
        over.set()
        thread.join()


# --- Redis


@pytest.fixture(scope="module")
def gateway(redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    started = Gateway(tmp_path_factory.mktemp("gateway"))
    yield started
    started.stop()


def told_of_redis(gateway: Gateway) -> str:
    parts = gateway.get("/healthz").json()["parts"]
    assert parts["gateway"]["ok"], parts
    return str(parts["redis"].get("why", ""))


Put = Callable[[Redis], object]

LOOKED_AT: dict[str, tuple[str, Put]] = {
    "totals are a string": (keys.TOTALS, lambda redis: redis.set(keys.TOTALS, "junk")),
    "totals hold junk": (keys.TOTALS, lambda redis: redis.hset(keys.TOTALS, "applied", "many")),
    "totals have a strange name": (keys.TOTALS, lambda redis: redis.hset(keys.TOTALS, b"\xff", 1)),
    "totals are without end": (keys.TOTALS, lambda redis: redis.hset(keys.TOTALS, "applied", "9" * 5_000)),
    "the note is a list": (keys.SNAPSHOT, lambda redis: redis.lpush(keys.SNAPSHOT, "junk")),
    "the note holds junk": (keys.SNAPSHOT, lambda redis: redis.hset(keys.SNAPSHOT, "published_at", "now")),
    "the note holds a huge number": (
        keys.SNAPSHOT,
        lambda redis: redis.hset(keys.SNAPSHOT, "attempted_at", "9" * 400),
    ),
    "the revision is a set": (keys.REVISION, lambda redis: redis.sadd(keys.REVISION, "junk")),
    "the revision is junk": (keys.REVISION, lambda redis: redis.set(keys.REVISION, "-1e9")),
}


@pytest.mark.parametrize("case", LOOKED_AT)
def test_junk_that_the_monitor_meets_is_told_and_stops_nothing(gateway: Gateway, redis: Redis, case: str) -> None:
    # Given a key that holds what it should not
    key, put = LOOKED_AT[case]
    put(redis)

    # Then health names it, and metrics are told as far as they are known
    eventually(lambda: key in told_of_redis(gateway), 10, "health names the key")
    assert "lba_redis_up 1.0" in gateway.get("/metrics").text

    # And all is well again when it is gone
    redis.delete(key)
    eventually(lambda: not told_of_redis(gateway), 10, "Redis is well")


ASKED_FOR: dict[str, tuple[str, str, Put]] = {
    "a board is a list": (GAINERS, "/api/boards/gainers", lambda redis: redis.lpush(GAINERS, "junk")),
    "a board is no JSON": (GAINERS, "/api/boards/gainers", lambda redis: redis.set(GAINERS, "[{")),
    "a board is no text": (GAINERS, "/api/boards/gainers", lambda redis: redis.set(GAINERS, b'["\xff\xfe"]')),
    "a board is too deep": (GAINERS, "/api/boards/gainers", lambda redis: redis.set(GAINERS, "[" * 99_999)),
    "a board is no array": (GAINERS, "/api/boards/gainers", lambda redis: redis.set(GAINERS, '{"a":1}')),
    "a board has strange rows": (GAINERS, "/api/boards/gainers", lambda redis: redis.set(GAINERS, "[1,null]")),
    "a quote is a hash": ("quote:A", "/api/quotes/A", lambda redis: redis.hset("quote:A", "a", 1)),
    "a quote is no JSON": ("quote:A", "/api/quotes/A", lambda redis: redis.set("quote:A", "junk")),
    "the session is junk": (keys.SESSION, "/api/status", lambda redis: redis.set(keys.SESSION, "junk")),
    "the session is no day": (keys.SESSION, "/api/status", lambda redis: redis.set(keys.SESSION, "202613391")),
    "the session is a list": (keys.SESSION, "/api/boards/volume", lambda redis: redis.lpush(keys.SESSION, 1)),
}


@pytest.mark.parametrize("case", ASKED_FOR)
def test_junk_that_is_asked_for_is_told_by_name(gateway: Gateway, redis: Redis, case: str) -> None:
    # Given a key that holds what it should not
    key, path, put = ASKED_FOR[case]
    put(redis)

    # Then who asks for it is told, over HTTP
    answer = gateway.get(path)
    assert answer.status_code == 503
    assert key in answer.json()["error"]

    # And over the WebSocket what can be told there, on a connection that stays
    with gateway.connect() as client:
        for message in ({"action": "get", "cache": GAINERS}, {"action": "get", "cache": "quote:A", "limit": 1}):
            told = ask(client, message)
            assert told.keys() in ({"cache", "data"}, {"status", "message"})
            assert message["cache"] != key or key in told.get("message", "") or "data" in told
        subscribe(client, GAINERS)
    assert "Traceback" not in gateway.log


@pytest.mark.parametrize("channel", [GAINERS, "quote:AAPL"])
def test_what_is_published_ends_no_clients_connection(gateway: Gateway, redis: Redis, channel: str) -> None:
    with gateway.connect() as client:
        subscribe(client, channel, "quote:*")

        # When something is published that no message could hold, then something else that is no JSON
        for junk in (b"\xff\xfe", b'["\xc3\x28"]', b"\xed\xa0\x80"):
            redis.publish(channel, junk)
        redis.publish(channel, "no JSON")

        # Then the client has the second, byte for byte, and is told of the first by nobody
        assert received(client) == "no JSON"
    assert channel in gateway.get("/healthz").json()["parts"]["gateway"]["why"]


# --- a proxy

REPLIES = [
    b":1\r\n",
    b":junk\r\n",
    b"$junk\r\n",
    b"*1\r\n:1\r\n",
    b"*0\r\n",
    b"*-1\r\n",
    b"*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$-1\r\n",
    b"*3\r\n$7\r\nmessage\r\n:1\r\n:2\r\n",
    b"*2\r\n$7\r\nmessage\r\n$1\r\na\r\n",
    b"*1\r\n$9\r\nsubscribe\r\n",
    b"*2\r\n*1\r\n:1\r\n:1\r\n",
    b"-WRONGTYPE\r\n",
    b"-\r\n",
    b"HTTP/1.1 502 Bad Gateway\r\n\r\n",
    b"\x00" * 64,
    b"",
]


class Junk:
    """A server that answers whatever it is asked with one reply, again and again."""

    def __init__(self, reply: bytes) -> None:
        self._reply = reply
        self.asked = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=self._answer, args=self._listener.accept()[:1], daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with closing(connection), suppress(OSError):
            while connection.recv(4096):
                self.asked.set()
                if not self._reply:
                    return
                connection.sendall(self._reply * 3)

    def close(self) -> None:
        self._listener.close()


@asynccontextmanager
async def background(port: int) -> AsyncIterator[tuple[Broadcaster, Monitor, list[asyncio.Task[None]]]]:
    """What runs in the background of a gateway whose Redis is at a port."""
    supervisor = Supervisor()
    redis = AsyncRedis(port=port, protocol=2, socket_timeout=1)
    broadcaster = Broadcaster(redis, supervisor)
    monitor = Monitor(redis, f"redis://127.0.0.1:{port}/1", {}, supervisor)
    running = [asyncio.create_task(each()) for each in (broadcaster.run, monitor.run)]
    yield broadcaster, monitor, running
    for task in running:
        task.cancel()
    await asyncio.wait(running)
    await redis.aclose()


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(SOON):
        while not condition():
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("reply", REPLIES, ids=repr)
def test_a_proxy_that_says_anything_is_outlived(
    redis: Redis, redis_server: RedisServer, reply: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async def outlive() -> None:
        # Given something in the place of Redis that speaks otherwise
        junk = Junk(reply)
        proxy = Proxy(junk.port)
        try:
            async with background(proxy.port) as (broadcaster, monitor, running):
                await until(junk.asked.is_set)

                # When it is Redis again
                proxy.lead_to(redis_server.port)
                proxy.cut()

                # Then everything goes on that went on before
                await until(lambda: broadcaster.subscriber.up and monitor.sample and monitor.depth)
                assert not any(task.done() for task in running)
        finally:
            proxy.close()
            junk.close()

    caplog.set_level(logging.CRITICAL, "kombu")
    asyncio.run(outlive())
