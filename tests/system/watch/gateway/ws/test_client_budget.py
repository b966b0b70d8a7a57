"""What one client may send over a WebSocket."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from redis import Redis
from websockets.sync.client import connect

from tests.support.watch.gateways import (
    GAINERS,
    HONEST,
    KEY,
    SOON,
    Gateway,
    ask,
    subscribe,
)
from tests.support.watch.raw_websocket import CONTINUATION, PING, PONG, TEXT, frame, raw, rest, upgrade, websocket
from watch.gateway.limits import (
    BYTES,
    FRAMES,
)

# Seconds that it may wait.
MOST = 1.5


@contextmanager
def honest(gateway: Gateway, redis: Redis) -> Iterator[Callable[[], float]]:
    """A client with an address of its own, which gets a board a few times a second: how long it waited at most."""
    waits = [0.0]
    over = threading.Event()
    url = f"ws://127.0.0.1:{gateway.port}/ws"
    with connect(url, proxy=None, source_address=(HONEST, 0), max_size=None) as client:
        if gateway.key:
            ask(client, {"action": "auth", "api_key": KEY})
        subscribe(client, GAINERS)

        def read() -> None:
            while not over.wait(0.1):
                began = time.time()
                redis.publish(GAINERS, json.dumps(began))
                client.recv(30)
                waits.append(time.time() - began)

        thread = threading.Thread(target=read)
        thread.start()
        try:
            yield lambda: max(waits)
        finally:
            over.set()
            thread.join()


FLOODS = {
    "pings": frame(PING),
    "pongs": frame(PONG),
    "empty continuations": frame(CONTINUATION, final=False),
    "empty messages": frame(TEXT),
    "wrong messages": frame(TEXT, b'{"action":"none"}'),
    "keys": frame(TEXT, b'{"action":"get","cache":"nothing"}'),
}


@pytest.mark.parametrize("flood", FLOODS)
@pytest.mark.parametrize("knows_key", [True, False])
def test_a_client_that_floods_is_closed_and_others_do_not_wait(
    gateway: Gateway, guarded: Gateway, redis: Redis, flood: str, knows_key: bool
) -> None:
    """Without the key it sends what it wants before it has authenticated."""
    asked = gateway if knows_key else guarded
    closed = asked.metric("gateway_over_budget_total")
    begin = frame(TEXT, final=False) if "continuations" in flood else b""
    with honest(asked, redis) as greatest_wait, websocket(asked.port) as client:
        # When it sends twenty times what it may
        with suppress(OSError):
            client.sendall(begin + FLOODS[flood] * 20 * FRAMES)

        # Then the close says why
        came = rest(client)
        if knows_key or flood in ("pings", "pongs", "empty continuations"):
            assert b"\x03\xf0too many messages" in came
            assert asked.metric("gateway_over_budget_total") == closed + 1
        else:
            assert b"\x03\xf0unauthorized" in came

        # And nobody else has waited
        assert greatest_wait() < MOST


def test_bytes_of_a_client_are_bounded(gateway: Gateway, redis: Redis) -> None:
    with websocket(gateway.port) as client:
        with suppress(OSError):
            client.sendall(frame(TEXT, b"x" * 4000) * (2 * BYTES // 4000))
        assert b"\x03\xf0too many bytes" in rest(client)


def test_what_the_busiest_client_needs_is_within_its_budget(gateway: Gateway, redis: Redis) -> None:
    # Given a client that is subscribed to as much as it may be
    url = f"ws://127.0.0.1:{gateway.port}/ws"
    names = [f"quote:S{n}" for n in range(1000)]
    with connect(url, proxy=None, source_address=("127.0.0.3", 0), max_size=None, max_queue=None) as client:
        for action in ("subscribe", "unsubscribe", "subscribe"):
            # When it says so to all at once, and changes its mind, and changes it again
            for name in names:
                client.send(json.dumps({"action": action, "feed": name}))

            # Then each is answered
            for name in names:
                assert json.loads(client.recv(SOON)) == {"status": f"{action}d", "feed": name}


def test_reconnecting_at_speed_delays_nobody(gateway: Gateway, redis: Redis) -> None:
    with honest(gateway, redis) as greatest_wait:
        until = time.monotonic() + 5

        def reconnect() -> None:
            while time.monotonic() < until:
                with suppress(OSError), raw(gateway.port) as client:
                    client.sendall(upgrade() + frame(PING) * 300)

        # When somebody connects and is gone, again and again
        attackers = [threading.Thread(target=reconnect) for _ in range(4)]
        for attacker in attackers:
            attacker.start()
        for attacker in attackers:
            attacker.join()

        # Then an honest client has not waited
        assert greatest_wait() < MOST
