"""One of three servers killed, cut off, or full: the others go on, and nothing is lost."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from config.redis_urls import Server
from config.settings import Settings
from deploy.redis_server import RedisServer
from leaderboard import keys
from leaderboard.boards import BOARDS
from leaderboard.connections.connection import connect_shards
from leaderboard.reference.requests import PendingRequests
from leaderboard.store.snapshots import Snapshot, Snapshots
from leaderboard.system import System
from tests.support.market import bar
from tests.support.oracle import expected
from tests.support.redis_servers.proxy import Proxy
from tests.support.waiting import eventually

SYMBOLS = [f"S{n}" for n in range(12)]
_TOMORROW = date(2026, 11, 23)  # Monday
#: The server that fails.
FAILING = 1


@dataclass
class Deployment:
    """Boards over three servers.

    Attributes:
        failing: one of them.
        proxy: the network before it.
        settings: of the deployment.
    """

    failing: RedisServer
    proxy: Proxy
    settings: Settings

    def fill(self) -> None:
        Redis.from_url(self.failing.url()).config_set("maxmemory", 1)

    def empty(self) -> None:
        Redis.from_url(self.failing.url()).config_set("maxmemory", 0)


#: What happens to a server, and what ends it.
FAULTS: dict[str, tuple[Callable[[Deployment], Any], Callable[[Deployment], Any]]] = {
    "killed": (lambda deployed: deployed.failing.kill(), lambda deployed: deployed.failing.start()),
    "cut off": (lambda deployed: deployed.proxy.hold(), lambda deployed: deployed.proxy.resume()),
    "full": (Deployment.fill, Deployment.empty),
}


@contextmanager
def deployment(folder: Path, failing: int) -> Iterator[Deployment]:
    """Three servers, one of which is to fail."""
    servers = [RedisServer(folder / str(n), None, "--appendfsync", "always").start() for n in range(3)]
    proxy = Proxy(servers[failing].port)
    urls = [server.url() for server in servers]
    urls[failing] = urls[failing].replace(str(servers[failing].port), str(proxy.port))
    first, *others = urls
    yield Deployment(
        servers[failing],
        proxy,
        Settings(redis_url=first, board_shards=tuple(map(Server, others)), market_clock="events"),
    )
    proxy.close()
    for server in servers:
        server.stop()


@pytest.fixture
def deployed(tmp_path: Path) -> Iterator[Deployment]:
    with deployment(tmp_path, FAILING) as deployed:
        yield deployed


@pytest.fixture
def first_fails(tmp_path: Path) -> Iterator[Deployment]:
    with deployment(tmp_path, 0) as deployed:
        yield deployed


def bars(second: int) -> list[dict[str, Any]]:
    return [
        bar(symbol, f"09:30:{second:02}", close=10 + n + second, o=10, av=1000 * second + n)
        for n, symbol in enumerate(SYMBOLS)
    ]


def published(snapshots: Snapshots) -> Snapshot:
    done = snapshots.publish()
    while done.result == "taken":
        time.sleep(0.02)
        done = snapshots.publish()
    return done


def symbols_of(board: Any) -> dict[str, float]:
    return {row["symbol"]: row["close"] for row in json.loads(board or b"[]")}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_others_go_on_and_nothing_is_lost(deployed: Deployment, fault: str) -> None:
    # Given boards that were published over three servers
    system, shards = System.from_settings(deployed.settings), connect_shards(deployed.settings)
    snapshots = Snapshots(shards, interval=0.1, size=500, timeout=5)
    own = {symbol for symbol in SYMBOLS if shards.index(symbol) == FAILING}
    assert 0 < len(own) < len(SYMBOLS)
    before, after = bars(1), bars(2)
    system.process(before)
    assert published(snapshots).result == "published"
    begin, end = FAULTS[fault]

    # When one fails, and bars of all symbols come
    begin(deployed)
    eventually(lambda: system.process(after).waiting)
    done = system.process(after)

    # Then just its own wait, and the others are applied
    assert {after[index]["sym"] for index in done.waiting} == own
    assert done.failure
    assert done.stale == len(SYMBOLS) - len(own)

    # And boards are published, with the rows of the server that failed as they stood
    snapshot = published(snapshots)
    assert [*snapshot.away] == [FAILING]
    shown = symbols_of(shards.first.get("scanners:top_volume"))
    assert shown == {each["sym"]: each["c"] for each in after} | {
        each["sym"]: each["c"] for each in before if each["sym"] in own
    }

    # When it is back
    end(deployed)
    eventually(lambda: not system.process([after[index] for index in done.waiting]).waiting)

    # Then the boards are those of all bars
    assert not published(snapshots).away
    outcome = expected(before + after)
    for board in BOARDS:
        assert json.loads(shards.first.get(board.scanner) or b"") == outcome.ranked(board.name)


@pytest.mark.parametrize("fault", ["killed", "cut off"])
def test_a_server_that_is_away_shows_nothing_of_another_day(deployed: Deployment, fault: str) -> None:
    # Given published boards, and a server that fails
    system, shards = System.from_settings(deployed.settings), connect_shards(deployed.settings)
    snapshots = Snapshots(shards, interval=0.1, size=500, timeout=5)
    system.process(bars(1))
    published(snapshots)
    begin, end = FAULTS[fault]
    begin(deployed)

    # When a day begins
    other = next(symbol for symbol in SYMBOLS if shards.index(symbol) != FAILING)
    system.process([bar(other, "04:00:01", _TOMORROW)])
    assert published(snapshots).away

    # Then the boards have that day's bars alone
    assert [*symbols_of(shards.first.get("scanners:top_volume"))] == [other]

    # And when the server is back, it is rolled to that day
    end(deployed)
    system.process([bar(other, "04:00:02", _TOMORROW)])
    eventually(lambda: not published(snapshots).away)
    assert {store.session() for store in system._stores} == {system.session()}
    assert [*symbols_of(shards.first.get("scanners:top_volume"))] == [other]


@pytest.mark.parametrize("fault", FAULTS)
def test_without_the_first_server_just_what_it_holds_waits(first_fails: Deployment, fault: str) -> None:
    # Given a source of reference data, so that bars request some
    deployed = first_fails
    system, shards = System.from_settings(deployed.settings), connect_shards(deployed.settings)
    PendingRequests(shards.first).announce_source()
    own = {symbol for symbol in SYMBOLS if shards.index(symbol) == 0}
    assert 0 < len(own) < len(SYMBOLS)
    system.process(before := bars(1))

    # When the first server fails, and bars of all symbols and of a new one come, and one that is invalid
    begin, end = FAULTS[fault]
    begin(deployed)
    new = next(symbol for n in range(100, 200) if shards.index(symbol := f"S{n}"))
    after = [*bars(2), bar(new, "09:30:02"), {"sym": "INVALID"}]
    eventually(lambda: system.process(after).waiting)
    done = system.process(after)

    # Then those of its symbols wait, and the invalid one, of which it keeps the dead letter
    assert {after[index]["sym"] for index in done.waiting} == own | {"INVALID"}
    assert (done.failure is not None, done.dead) == (True, 0)
    for symbol in {*SYMBOLS} - own:
        assert shards.of(symbol).hget(keys.row(symbol), "end_timestamp") == str(after[0]["e"]).encode()

    # When it is back, then none waits
    end(deployed)
    left = [after[index] for index in done.waiting]
    eventually(lambda: not system.process(left).waiting)
    assert {letter.payload for letter in system.dead_letters} == {'{"sym": "INVALID"}'}
    outcome = expected(before + after[:-1])
    published(Snapshots(shards, interval=0.1, size=500, timeout=5))
    for board in BOARDS:
        assert json.loads(shards.first.get(board.scanner) or b"") == outcome.ranked(board.name)
