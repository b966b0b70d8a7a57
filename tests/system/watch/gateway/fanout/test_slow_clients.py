"""Slow clients delay nobody."""

import json
import socket
import time

from redis import Redis
from websockets.sync.client import ClientConnection

from tests.support.waiting import eventually
from tests.support.watch.gateways import (
    GAINERS,
    Gateway,
    closing,
    publish,
    received,
    subscribe,
)


def test_a_slow_client_gets_the_newest_and_delays_nobody(
    gateway: Gateway, watcher: ClientConnection, redis: Redis
) -> None:
    # Given a watcher that reads nothing for a while, and one that does
    subscribe(watcher, "scanners:*")
    with gateway.connect(compression=None, max_queue=1) as slow:
        slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        subscribe(slow, "scanners:*")

        # When far more is published than the way to it holds
        snapshots = [json.dumps([n, "x" * 300_000]) for n in range(60)]
        latencies = []
        for snapshot in snapshots:
            began = time.monotonic()
            publish(redis, GAINERS, snapshot)
            assert received(watcher) == snapshot
            latencies.append(time.monotonic() - began)

        # Then the other had each at once
        assert sorted(latencies)[-3] < 0.5
        # And the slow one, once it reads, has some of the first, and of the others the newest alone
        came = [received(slow)]
        while came[-1] != snapshots[-1]:
            came.append(received(slow))
        assert came == sorted(set(came) & set(snapshots), key=snapshots.index)
        assert len(came) < len(snapshots)
    assert gateway.metric("gateway_conflated_total") > 0


def test_a_client_that_takes_nothing_is_dropped(gateway: Gateway, redis: Redis) -> None:
    # Given a client that stops reading
    with gateway.connect(compression=None, max_queue=1, ping_interval=None, close_timeout=1) as stuck:
        stuck.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        subscribe(stuck, GAINERS)

        def dropped() -> bool:
            redis.publish(GAINERS, json.dumps("x" * 1_000_000))
            return gateway.metric("gateway_dropped_total") == 1

        # When publications go on
        eventually(dropped, 30, "the client is dropped")

        # Then it costs nothing any more, and if it ever reads again, its close code says why
        assert gateway.metric("gateway_clients") == 0
        _, code = closing(stuck)
        assert code == 1013
