"""Connections that are too many, or overdue."""

import json
import resource
import time
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from redis import Redis

from tests.support.waiting import eventually
from tests.support.watch.gateways import (
    GAINERS,
    HONEST,
    SOON,
    Gateway,
)
from tests.support.watch.raw_websocket import CLOSE, TEXT, frame, raw, rest, upgrade, websocket
from watch.gateway.limits import (
    REQUEST_DEADLINE,
    WRITE_DEADLINE,
)


class FewFiles(Gateway):
    """A gateway that may have 160 files open."""

    def launch(self) -> None:
        super().launch()
        # Long before it looks.
        resource.prlimit(self.pid, resource.RLIMIT_NOFILE, (160, 160))


def test_half_open_connections_take_nobodys_place_and_end(redis: Redis, tmp_path: Path) -> None:
    gateway = FewFiles(tmp_path)
    posting = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n"
    try:
        with ExitStack() as stack:
            # Given more connections than there may be, of which no request comes, or none that ends
            half_open = []
            for sent in (b"", b"GET / HT", upgrade()[:-2], posting) * 40:
                half_open.append(stack.enter_context(raw(gateway.port)))
                half_open[-1].sendall(sent)
            began = time.monotonic()

            # Then honest requests are served, also from the same address
            assert "allows 80 connections instead of" in gateway.log
            transport = httpx.HTTPTransport(local_address=HONEST)
            with httpx.Client(transport=transport, trust_env=False, timeout=SOON) as client:
                for _ in range(96):
                    assert client.get(f"{gateway.url}/", headers={"Connection": "close"}).status_code == 200
            assert gateway.get("/").status_code == 200

            # And none of the others is kept for long
            for connection in half_open:
                rest(connection)
            assert time.monotonic() - began < REQUEST_DEADLINE + 5
        eventually(lambda: gateway.metric("gateway_connections") == 1)
        assert gateway.metric("gateway_refused_total") >= 80
        assert gateway.metric("gateway_overdue_total") > 0
    finally:
        gateway.stop()


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (upgrade(headers=f"X: {'x' * 8_200}\r\n"), b"431"),
        (upgrade(headers=f"X: {'x' * 20_000}\r\n"), b"431"),
        (upgrade(headers="X: x\r\n" * 200), b"431"),
        (upgrade(path=f"/ws?{'x' * 9_000}"), b"414"),
        (upgrade(headers="Transfer-Encoding: chunked\r\n"), b"400"),
        (upgrade(headers="Content-Length: 5\r\n"), b"400"),
        (upgrade().replace(b"Version: 13", b"Version: 12"), b"400"),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 20_000, b"431"),
        (b"nonsense\r\n\r\n", b"400"),
    ],
)
def test_bad_handshakes_are_answered(gateway: Gateway, redis: Redis, request_: bytes, status: bytes) -> None:
    with raw(gateway.port) as client:
        client.sendall(request_)

        assert rest(client).startswith(b"HTTP/1.1 " + status)


LARGE_ROW = {"close": 1, "free_float": 1, "relative_volume": 1, "accumulated_volume": 1, "remark": "x" * 100_000}


def test_who_does_not_read_is_cut_off(gateway: Gateway, redis: Redis) -> None:
    # Given a board of some size
    redis.set(GAINERS, json.dumps([LARGE_ROW] * 3))
    dropped = gateway.metric("gateway_dropped_total")
    asking = b"GET /api/boards/gainers HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    getting = frame(TEXT, json.dumps({"action": "get", "cache": GAINERS}).encode())
    subscribing = frame(TEXT, json.dumps({"action": "subscribe", "feed": GAINERS}).encode())
    with ExitStack() as stack:
        # When clients read nothing that ask for it again and again, or have it sent and say that they leave
        for sent in (asking, getting) * 5:
            open_ = raw if sent is asking else websocket
            stack.enter_context(open_(gateway.port, receive_buffer=4096)).sendall(sent * 50)
        leaving = [stack.enter_context(websocket(gateway.port, receive_buffer=4096)) for _ in range(5)]
        for client in leaving:
            client.sendall(subscribing)
        eventually(lambda: redis.publish(GAINERS, "x" * 3_000_000) == 1)
        eventually(lambda: gateway.metric("gateway_sent_bytes_total") > 15_000_000)
        for client in leaving:
            client.sendall(frame(CLOSE, b"\x03\xe8"))
        began = time.monotonic()

        # Then they are cut off, and counted
        eventually(lambda: gateway.metric("gateway_connections") == 1)
        assert time.monotonic() - began < 3 * WRITE_DEADLINE
        assert gateway.metric("gateway_dropped_total") == dropped + 15


def test_who_reads_slowly_is_not_cut_off(gateway: Gateway, redis: Redis) -> None:
    # Given a client that reads some ten kilobytes a second
    redis.set(GAINERS, json.dumps([LARGE_ROW] * 2))
    with raw(gateway.port, receive_buffer=4096) as client:
        client.sendall(b"GET /api/boards/gainers HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        came = b""
        while data := client.recv(1024):
            came += data
            time.sleep(0.06)

    # Then it gets all of it
    assert came.endswith(b"]}")
    assert len(came) > 200_000
