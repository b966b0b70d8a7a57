"""Nothing that a proxy says in the place of Redis ends the gateway's background work."""

import asyncio
import logging
import socket
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing, suppress

import pytest
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from deploy.redis_server import RedisServer
from leaderboard.shards import Shards
from tests.support.redis_servers.proxy import Proxy
from tests.support.watch.gateways import (
    SOON,
)
from watch.gateway.alerts.alert_log import AlertLog
from watch.gateway.alerts.live_alerts import LiveAlerts
from watch.gateway.cluster.monitor import Monitor
from watch.gateway.fanout.broadcaster import Broadcaster
from watch.gateway.screens import PublishedScreens
from watch.gateway.supervisor import Supervisor

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
    alerts = LiveAlerts(AlertLog(redis, supervisor), supervisor)
    broadcaster = Broadcaster(Shards([redis]), PublishedScreens(redis, supervisor), supervisor, alerts)
    monitor = Monitor(Shards([redis]), f"redis://127.0.0.1:{port}/1", {}, supervisor)
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


@pytest.mark.slow
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
