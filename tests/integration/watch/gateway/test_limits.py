"""What the gateway bounds, so that no client takes it from the others."""

import json
import logging
import re
import resource
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from ipaddress import ip_network
from pathlib import Path

import httpx
import pytest
from redis import Redis
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.types import Scope
from websockets.sync.client import connect

from config.settings import Settings, settings
from deploy.redis_server import RedisServer
from leaderboard.boards import BOARDS
from tests.support.checkout import CHECKOUT
from tests.support.gateways import SOON, Gateway, ask, closing, subscribe
from tests.support.raw_websocket import CLOSE, CONTINUATION, PING, PONG, TEXT, frame, raw, rest, upgrade, websocket
from tests.support.waiting import eventually
from watch.gateway.connections.addresses import ClientAddresses
from watch.gateway.connections.client_log_filter import ClientLogFilter
from watch.gateway.connections.token_bucket import TokenBucket
from watch.gateway.http.origin_check import OriginCheck
from watch.gateway.limits import (
    ADDRESSES,
    BYTES,
    FRAMES,
    GUESSES,
    GUESSES_PER_SECOND,
    LONGEST_QUERY,
    MOST_PARAMETERS,
    REQUEST_DEADLINE,
    WORK,
    WRITE_DEADLINE,
)

GAINERS = BOARDS[2].scanner
# Where an honest client comes from, and others do not.
HONEST = "127.0.0.2"
# Seconds that it may wait.
MOST = 1.5
KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture(scope="module")
def gateway(redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    started = Gateway(tmp_path_factory.mktemp("gateway"))
    yield started
    started.stop()


@pytest.fixture(scope="module")
def guarded(redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    started = Gateway(tmp_path_factory.mktemp("guarded"), key=KEY)
    yield started
    started.stop()


def metric(gateway: Gateway, name: str) -> float:
    metrics = gateway.get("/metrics", {"X-API-Key": KEY}).text
    [value] = [line.split()[1] for line in metrics.splitlines() if line.startswith(f"{name} ")]
    return float(value)


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


# --- queries


@pytest.mark.parametrize(
    ("query", "code", "sentence"),
    [
        ("x" * LONGEST_QUERY, 422, "x: Extra inputs"),
        ("x" * (LONGEST_QUERY + 1), 414, "a query has 2,048 bytes at most, this one has 2,049"),
        ("&".join(["limit=1"] * MOST_PARAMETERS), 422, "limit: given more than once"),
        ("&" * MOST_PARAMETERS, 400, "a query has 20 parameters at most, this one has 21"),
    ],
)
def test_queries_are_bounded(gateway: Gateway, redis: Redis, query: str, code: int, sentence: str) -> None:
    answer = gateway.get(f"/api/boards/volume?{query}")

    assert answer.status_code == code
    assert sentence in re.sub("x+", "x", answer.json()["error"])


def test_no_query_holds_the_gateway(gateway: Gateway, redis: Redis) -> None:
    # Given queries of as many parameters as a request's head can hold, for any path
    for path in ("/api/boards/volume", "/api/status", "/", "/healthz"):
        began = time.monotonic()

        # When they are asked, then they are refused at once
        assert gateway.get(f"{path}?{'&'.join(f'p{n}=1' for n in range(5000))}").status_code in (414, 431)
        assert time.monotonic() - began < 1


# --- budgets

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
    closed = metric(asked, "gateway_over_budget_total")
    begin = frame(TEXT, final=False) if "continuations" in flood else b""
    with honest(asked, redis) as greatest_wait, websocket(asked.port) as client:
        # When it sends twenty times what it may
        with suppress(OSError):
            client.sendall(begin + FLOODS[flood] * 20 * FRAMES)

        # Then it is told why it is closed
        came = rest(client)
        if knows_key or flood in ("pings", "pongs", "empty continuations"):
            assert b"\x03\xf0too many messages" in came
            assert metric(asked, "gateway_over_budget_total") == closed + 1
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


# --- connections


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
        eventually(lambda: metric(gateway, "gateway_connections") == 1)
        assert metric(gateway, "gateway_refused_total") >= 80
        assert metric(gateway, "gateway_overdue_total") > 0
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


# --- writes and ends

LARGE_ROW = {
    "close": 1,
    "free_float": 1,
    "relative_volume": 1,
    "accumulated_volume": 1,
    "remark": "x" * 100_000,
}


LARGE_ROW = {"close": 1, "free_float": 1, "relative_volume": 1, "accumulated_volume": 1, "remark": "x" * 100_000}


def test_who_does_not_read_is_cut_off(gateway: Gateway, redis: Redis) -> None:
    # Given a board of some size
    redis.set(GAINERS, json.dumps([LARGE_ROW] * 3))
    dropped = metric(gateway, "gateway_dropped_total")
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
        eventually(lambda: metric(gateway, "gateway_sent_bytes_total") > 15_000_000)
        for client in leaving:
            client.sendall(frame(CLOSE, b"\x03\xe8"))
        began = time.monotonic()

        # Then they are cut off, and counted
        eventually(lambda: metric(gateway, "gateway_connections") == 1)
        assert time.monotonic() - began < 3 * WRITE_DEADLINE
        assert metric(gateway, "gateway_dropped_total") == dropped + 15


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


# --- keys and the log


def key_answers(gateway: Gateway, keys: list[str], address: str) -> list[int]:
    transport = httpx.HTTPTransport(local_address=address)
    with httpx.Client(base_url=gateway.url, transport=transport, trust_env=False, timeout=SOON) as client:
        return [client.get("/api/status", headers={"X-API-Key": key}).status_code for key in keys]


def test_guessing_the_key_is_slowed_counted_and_logged(guarded: Gateway, redis: Redis) -> None:
    # Given a client that has authenticated
    url = f"ws://127.0.0.1:{guarded.port}/ws"
    with connect(url, proxy=None, source_address=("127.0.0.4", 0)) as client:
        ask(client, {"action": "auth", "api_key": KEY})
        wrong = metric(guarded, "gateway_wrong_keys_total")

        # When somebody guesses from the same address
        began = time.monotonic()
        answers = key_answers(guarded, [f"guess {n}" for n in range(200)], "127.0.0.4")

        # Then only the first guesses are judged, and after them not even the right key, over HTTP or WebSocket
        assert answers[: GUESSES + 1] == [401] * (GUESSES + 1)
        assert answers.count(401) <= GUESSES + 2 + (time.monotonic() - began) * GUESSES_PER_SECOND
        assert set(answers) == {401, 429}
        eventually(lambda: key_answers(guarded, [f"guess {time.time()}", KEY], "127.0.0.4") == [401, 429])
        with connect(url, proxy=None, source_address=("127.0.0.4", 0)) as guesser:
            guesser.send(json.dumps({"action": "auth", "api_key": KEY}))
            assert closing(guesser) == (['{"status":"unauthorized"}'], 1008)

        # And it is counted, and logged once and without a key
        assert metric(guarded, "gateway_wrong_keys_total") >= wrong + 200
        assert guarded.log.count("wrong keys") == 1
        assert "guess 1" not in guarded.log

        # And others, and the client, notice nothing
        assert key_answers(guarded, [KEY] * 2, HONEST) == [200] * 2
        subscribe(client, GAINERS)


def test_a_crowd_with_an_old_key_does_not_lock_others_out(guarded: Gateway, redis: Redis) -> None:
    answers = key_answers(guarded, ["the key of last month"] * 100 + [KEY, ""], "127.0.0.5")

    assert answers == [401] * 100 + [200, 401]


def test_nothing_that_a_client_sends_fills_the_log(gateway: Gateway, redis: Redis) -> None:
    # Given what clients can do wrong
    over_http = [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n\x00\x00\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        upgrade(headers="Transfer-Encoding: chunked\r\n"),
        upgrade() + b"\xff" * 100,
    ]
    over_websocket = [
        frame(TEXT, b"\xff\xfe"),
        frame(TEXT, b"\xff", final=False) + frame(CONTINUATION),
        frame(CLOSE, b"\x03\xe8") * 3,
        frame(CLOSE, b"\x03\xe8") + frame(TEXT, b"{}"),
        frame(CLOSE, b"\x00"),
        frame(CLOSE, b"\x03\xe8\xff\xff"),
        frame(CONTINUATION),
        frame(TEXT, final=False) + frame(TEXT),
        frame(TEXT, final=False) + frame(CLOSE, b"\x03\xe8"),
        frame(PING, b"x" * 126),
        frame(0x3),
        frame(TEXT, b"x" * 5000),
        frame(TEXT, b"[" * 4000),
        b"\x81\x01x",
        b"\xc1\x84\x00\x00\x00\x00\xff\xff\xff\xff",
        bytes(range(256)) * 4,
    ]
    log = len(gateway.log)

    # When they do each of it again and again, and are gone before an answer or after it
    for n in range(10):
        for open_, all_sent in ((raw, over_http), (websocket, over_websocket)):
            for sent in all_sent:
                with open_(gateway.port, address="127.0.0.6") as client, suppress(OSError):
                    client.sendall(sent)
                    if n % 2:
                        client.shutdown(socket.SHUT_WR)
                        rest(client)

    # Then a few lines tell of it, and the gateway goes on
    assert gateway.get("/api/status").status_code == 200
    assert gateway.log[log:].count("\n") < 40, gateway.log[log:]
    assert "Traceback" not in gateway.log[log:]


def test_the_log_has_a_line_from_each_place_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    limit, clock = ClientLogFilter(), Clock()
    monkeypatch.setattr("config.log_throttle.monotonic", clock)

    def record(place: int) -> logging.LogRecord:
        return logging.LogRecord("name", logging.WARNING, "file", place, "%s is wrong", ("x",), None)

    assert [limit.filter(record(1)) for _ in range(5)] == [True, False, False, False, False]
    assert limit.filter(record(2))
    clock.now = 61
    assert limit.filter(last := record(1))
    assert last.getMessage() == "x is wrong (4 more since the last such line)"


# --- the parts


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_allows_a_burst_and_a_rate() -> None:
    clock = Clock()
    bucket = TokenBucket(10, 2, clock)

    assert [bucket.take() for _ in range(11)] == [True] * 10 + [False]
    assert bucket.debt == 0.5
    clock.now = 1.5
    assert bucket.debt == 0
    assert [bucket.take() for _ in range(3)] == [True, True, False]
    clock.now = 100
    assert bucket.is_full


def scope(peer: str, forwarded: str = "") -> Scope:
    return {"client": (peer, 1), "headers": [(b"x-forwarded-for", forwarded.encode())] if forwarded else []}


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("192.0.2.1", "", "192.0.2.1"),
        # Whom nobody trusts may name whom he likes.
        ("192.0.2.1", "198.51.100.7", "192.0.2.1"),
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        # The client itself has written the first.
        ("10.0.0.1", "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "198.51.100.7, 10.0.0.2", "198.51.100.7"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "nonsense", "nonsense"),
        # Who has one address of IPv6 has them all.
        ("2001:db8::1", "", "2001:db8::/64"),
        ("2001:db8::ffff:1", "", "2001:db8::/64"),
        ("::ffff:192.0.2.1", "", "192.0.2.1"),
        ("", "", ""),
    ],
)
def test_who_asks_is_told_by_address(peer: str, forwarded: str, address: str) -> None:
    sources = ClientAddresses([ip_network("10.0.0.0/8")])

    source = sources.of(scope(peer, forwarded))

    assert source.name == address
    assert sources.of(scope(peer, forwarded)) is source


def test_a_proxy_has_no_budget_and_those_behind_it_have() -> None:
    sources = ClientAddresses([ip_network("10.0.0.0/8")])

    for source in (sources.at("10.0.0.1"), sources.of(scope("10.0.0.1", "198.51.100.7"))):
        source.work.take(2 * WORK)

    assert sources.at("10.0.0.1").work.debt == 0
    assert sources.at("198.51.100.7").work.debt > 0


def test_addresses_are_forgotten() -> None:
    sources = ClientAddresses()
    sources.at("192.0.2.1").work.take(WORK)

    for n in range(ADDRESSES + ADDRESSES // 10):
        sources.at(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}")

    assert len(sources) <= ADDRESSES
    # But for those that owe
    assert sources.at("192.0.2.1").work.debt == 0
    assert not sources.at("192.0.2.1").work.take(WORK)


@pytest.mark.parametrize("key", ["secret", "x" * 15])
def test_a_short_key_is_refused_and_not_shown(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_API_KEY", key)
    settings.cache_clear()
    try:
        with pytest.raises(SystemExit, match=r"GATEWAY_API_KEY: .*16 characters; openssl rand -hex 24") as refused:
            settings()
        assert key not in str(refused.value)
        monkeypatch.setenv("GATEWAY_API_KEY", "x" * 16)
        assert settings().gateway_api_key
    finally:
        settings.cache_clear()


@pytest.mark.parametrize("key", ["of two lines\nof which one", "ключ" * 4, "a blank at its end "])
def test_a_key_that_no_header_can_hold_is_refused(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_API_KEY", key)
    settings.cache_clear()
    try:
        with pytest.raises(
            SystemExit, match=r"^Wrong setting GATEWAY_API_KEY: it is ASCII in one line"
        ) as refused:
            settings()
        assert key not in str(refused.value)
    finally:
        settings.cache_clear()


def test_no_document_gives_a_key_to_copy() -> None:
    manifests = [CHECKOUT / "docker-compose.yml", *CHECKOUT.glob("deploy/kubernetes/*.yaml")]
    files = [*CHECKOUT.glob("*.md"), *CHECKOUT.glob("docs/**/*.md"), *manifests]
    for file in files:
        assert not re.search(r"GATEWAY_API_KEY=(?!\$\(openssl rand -hex 24\))", file.read_text()), file


@pytest.mark.parametrize(
    ("path", "headers", "answered"),
    [
        ("/api/status", {"sec-fetch-site": "cross-site"}, False),
        ("/api/status", {"sec-fetch-site": "Same-Site"}, False),
        ("/api/quotes/A", {"sec-fetch-site": "cross-site", "origin": "https://evil.example"}, False),
        ("/metrics", {"sec-fetch-site": "cross-site"}, False),
        ("/ws", {"sec-fetch-site": "cross-site"}, False),
        ("/api/status", {"sec-fetch-site": "cross-site", "origin": "https://boards.example"}, True),
        ("/ws", {"sec-fetch-site": "cross-site", "origin": "https://boards.example"}, True),
        ("/api/status", {"sec-fetch-site": "same-origin"}, True),
        ("/api/status", {"sec-fetch-site": "none"}, True),
        ("/api/status", {}, True),
        # A link may lead there.
        ("/", {"sec-fetch-site": "cross-site"}, True),
    ],
)
@pytest.mark.parametrize("requires_key", [False, True])
def test_pages_of_others_do_not_reach_the_boards(
    path: str, headers: dict[str, str], answered: bool, requires_key: bool
) -> None:
    check = OriginCheck(Starlette(), requires_key=requires_key, origins=["https://boards.example"])

    assert (check.refuses_page(path, Headers(headers)) is None) is answered


def test_an_image_on_a_page_of_others_is_refused(gateway: Gateway, redis: Redis) -> None:
    for path in ("/api/status", "/api/boards/gainers", "/metrics"):
        assert gateway.get(path, {"Sec-Fetch-Site": "cross-site"}).status_code == 403
    with raw(gateway.port) as client:
        client.sendall(upgrade(headers="Sec-Fetch-Site: cross-site\r\n"))
        assert rest(client).startswith(b"HTTP/1.1 403")
    assert gateway.get("/", {"Sec-Fetch-Site": "cross-site"}).status_code == 200


@pytest.mark.parametrize("proxies", ["10.0.0.0/99", "proxy.example", "10.0.0.1/8"])
def test_what_is_no_network_is_refused(proxies: str) -> None:
    with pytest.raises(ValueError, match="addresses or networks"):
        Settings(gateway_proxies=proxies)
