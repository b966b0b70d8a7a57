"""Boards over two servers with the users of ``deploy/redis/users.acl``: what each part asks the second one for."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis import Redis

from config.celery import AGGS
from deploy.acl import GuardedServer
from deploy.redis_server import free_port
from leaderboard import keys
from leaderboard.sessions import session_of
from leaderboard.shards import Shards
from tests.support.messages.hostile import call, envelope
from tests.support.processes import Processes
from tests.support.waiting import eventually

#: Both servers have some of them.
SYMBOLS = ("AAPL", "MSFT", "NVDA", "TSLA")


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Shards[GuardedServer]]:
    first = GuardedServer(tmp_path / "first", "--appendonly", "yes")
    second = GuardedServer(tmp_path / "second", "--appendonly", "yes", passwords=first.passwords)
    for server in (first, second):
        server.start()
    yield Shards([first, second])
    for server in (first, second):
        server.stop()


def test_the_system_works_under_its_users(servers: Shards[GuardedServer], tmp_path: Path) -> None:
    # Given each process under its own user at both servers
    first, second = servers
    assert {servers.index(symbol) for symbol in SYMBOLS} == {0, 1}

    def urls(boards: str, broker: str) -> dict[str, str]:
        of_boards = {"REDIS_URL": first.url_of(boards), "BOARD_SHARDS": second.url_of(boards)}
        return of_boards | {"CELERY_BROKER_URL": first.url_of(broker, 1)}

    web = free_port()
    reference = tmp_path / "reference.csv"
    reference.write_text("symbol,prev_day_close\n" + "".join(f"{symbol},100\n" for symbol in SYMBOLS))
    processes = Processes(tmp_path, MARKET_CLOCK="wall")
    try:
        processes.start_worker("aggs", **urls("worker", "worker"))
        clock = urls("clock", "clock") | {"REFERENCE_FILE": str(reference)}
        processes.start_worker("clock", "--pool", "solo", queues="clock,reference", **clock)
        processes.beat("beat", **urls("beat", "beat"))
        processes.start("web", "watch", "serve", "--port", str(web), **urls("gateway", "inspector"))
        sender = Redis.from_url(first.url_of("producer", 1))

        # When bars come, then each row is at its server, with its reference data
        def have_come() -> bool:
            now = int(time.time() * 1000)
            bars = [{"sym": symbol, "c": 110, "s": now - 1000, "e": now} for symbol in SYMBOLS]
            sender.lpush(AGGS, *(envelope(call(each)) for each in bars))
            return all(
                servers.of(symbol).client_of("reader").hget(keys.row(symbol), "pct_change") == b"10"
                for symbol in SYMBOLS
            )

        eventually(have_come, 90, "the rows")

        # And the first one has the board of both, which gateway and terminal show
        eventually(lambda: _symbols(first.client_of("reader").get(keys.scanner("gappers"))) == {*SYMBOLS})
        eventually(lambda: _answer(web, "/healthz").status_code == 200, what="good health")
        quotes = [_answer(web, f"/api/quotes/{symbol}").json()["symbol"] for symbol in SYMBOLS]
        assert quotes == [*SYMBOLS]
        screened = _answer(web, "/api/screen?by=close").json()
        assert {row["symbol"] for row in screened["rows"]} == {*SYMBOLS}
        assert _answer(web, "/api/ranks/TSLA").status_code == 200
        assert 'server="boards-2"' in _answer(web, "/metrics").text
        top = processes.run("watch", "top", "gappers", environment=urls("reader", "reader"))
        assert all(symbol in top.stdout for symbol in SYMBOLS), top.stderr

        # And the session clocks of both can be put right, and the doctor finds no right that lacks
        today = str(session_of(int(time.time() * 1000)))
        put = processes.run(
            "tasks", "session", "--to", *today.split(), "--yes", environment=urls("worker", "worker")
        )
        assert f"Symbols ranked from their rows: {len(SYMBOLS)}" in put.stdout, put.stdout + put.stderr
        assert [server.denied() for server in servers] == [[], []]
        doctor = processes.run("tasks", "doctor", environment=clock)
        assert "server 2 of the boards" in doctor.stdout
        assert "lacks" not in doctor.stdout

        # When the second one is away, then the gateway says which
        second.kill()
        eventually(lambda: _why(web) == "server 2 of the boards does not answer", what="bad health")
        assert 'server="boards-2"' not in _answer(web, "/metrics").text
    finally:
        processes.stop()


def _symbols(board: Any) -> set[str]:
    return {symbol for symbol in SYMBOLS if f'"{symbol}"'.encode() in (board or b"")}


def _why(port: int) -> Any:
    """What the gateway says is wrong with the boards' Redis."""
    return _answer(port, "/healthz").json()["parts"]["redis"].get("why")


def _answer(port: int, path: str) -> httpx.Response:
    deadline = time.monotonic() + 30
    while True:
        try:
            return httpx.get(f"http://127.0.0.1:{port}{path}", timeout=20, trust_env=False)
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
