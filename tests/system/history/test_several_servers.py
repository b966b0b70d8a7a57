"""A day of three servers, recorded while processes are killed, is what was published, whoever asks."""

import json
import signal
import time
from collections.abc import Iterator
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
from leaderboard.sessions import session_of
from leaderboard.store.snapshots import Snapshots
from leaderboard.system import System
from leaderboard.tape.recorder_report import RecorderReport
from tests.support.market import iso
from tests.support.processes import Processes
from tests.support.waiting import eventually
from tests.support.watch.gateways import Gateway

pytestmark = pytest.mark.slow

SYMBOLS = [f"S{n}" for n in range(30)]
#: The server that is killed, and which second's boards are asked for again.
KILLED, ASKED = 2, 3


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[list[RedisServer]]:
    started = [RedisServer(tmp_path / f"boards-{n}", None, "--appendfsync", "always").start() for n in range(6)]
    yield started
    for server in started:
        server.stop()


class Market:
    """A market over three servers at the present time.

    Attributes:
        bars: that were applied.
        published: the boards by when they were published, Unix milliseconds.
    """

    def __init__(self, servers: list[RedisServer]) -> None:
        first, *others = (server.url() for server in servers)
        self.environment = {"REDIS_URL": first, "BOARD_SHARDS": " ".join(others), "MARKET_CLOCK": "events"}
        deployed = Settings(redis_url=first, board_shards=tuple(map(Server, others)), market_clock="events")
        self.shards = connect_shards(deployed)
        self._system = System.from_settings(deployed)
        self._snapshots = Snapshots(self.shards, interval=1.0, size=500, timeout=5)
        self.bars: list[dict[str, Any]] = []
        self.published: dict[int, dict[str, Any]] = {}

    def trade(self, seconds: int) -> None:
        """Have a bar of each symbol a second, and the boards published; bars come again until they are applied."""
        for _ in range(seconds):
            start = int(time.time()) * 1000
            bars = [
                {
                    "sym": each,
                    "s": start,
                    "e": start + 1000,
                    "o": 10,
                    "c": 10 + n + start % 7,
                    "v": 100,
                    "av": start,
                }
                for n, each in enumerate(SYMBOLS)
            ]
            self.bars += bars
            while self._system.process(bars).waiting:
                time.sleep(0.1)
            done = self._snapshots.publish()
            if done.result == "published" and not done.away:
                at = int(self.shards.first.hget(keys.SNAPSHOT, "published_at") or 0)
                self.published[at] = {board.name: self.shards.first.get(board.scanner) for board in BOARDS}
            time.sleep(max(0.0, start / 1000 + 1 - time.time()))


def test_a_day_is_what_was_published(tmp_path: Path, processes: Processes, servers: list[RedisServer]) -> None:
    # Given a market over three servers, and a recorder
    market, history = Market(servers[:3]), {"HISTORY_DIR": str(tmp_path / "history")}
    environment = market.environment | history
    processes.start("recorder", "history", "record", **environment)
    eventually(lambda: all(redis.exists(keys.RECORDING) for redis in market.shards), what="all are recorded")
    # (Until it has stored something, it has recorded nothing.)
    while not (report := RecorderReport.read(market.shards.first)) or report.position <= len(SYMBOLS):
        market.trade(1)

    # When the recorder is killed, and another one takes over
    processes.signal("recorder", signal.SIGKILL)
    market.trade(2)
    processes.start("recorder-2", "history", "record", **environment)
    market.trade(4)
    # And a server is killed and comes back, while the market goes on
    servers[KILLED].kill()
    servers[KILLED].start()
    market.trade(4)
    eventually(lambda: all(redis.xlen(keys.TAPE) <= 1 for redis in market.shards), 60, "all is stored")

    # Then history verifies, without a gap
    def run(*command: str, **more: str) -> str:
        done = processes.run(*command, environment=environment | more)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    day = f"{session_of(market.bars[0]['s']).day}"
    assert f"seconds checked {len(market.published)}, differing 0; without a digest 0, in gaps 0" in run(
        "history", "verify", day
    )
    assert "Gap" not in run("history", "days")
    # And the boards of a second, candles and ranks are those of the market
    at = [*market.published][ASKED]
    volumes = market.published[at]["volume"]
    assert run("history", "boards", "volume", "--at", iso(at), "--json").strip().encode() == volumes
    candles = json.loads(run("history", "candles", "S1", "--json"))["candles"]
    volume = sum(each["v"] for each in market.bars if each["sym"] == "S1")
    assert sum(candle["volume"] for candle in candles) == volume
    assert json.loads(run("history", "ranks", "S1", "--each-tick", "--json"))
    # And the gateway has them too, with bars that are not stored yet
    market.trade(1)
    gateway = Gateway(tmp_path, **environment)
    try:
        for symbol in ("S1", "S2", "S3", "S4"):
            candles = gateway.get(f"/api/candles/{symbol}").json()["candles"]
            assert sum(candle["volume"] for candle in candles) == volume + 100
        assert gateway.get(f"/api/boards/volume?at={iso(at)}").json()["rows"] == json.loads(volumes)
    finally:
        gateway.stop()
    # And it can be restored into as many other servers
    eventually(lambda: all(redis.xlen(keys.TAPE) <= 1 for redis in market.shards), 60, "all is stored")
    restored = Market(servers[3:])
    run("history", "restore", day, **restored.environment)
    for one, other in zip(market.shards, restored.shards, strict=True):
        assert contents(one) == contents(other)


def contents(redis: Redis) -> dict[str, Any]:
    """What a server holds of its symbols."""
    found: dict[str, Any] = {board.key: redis.zrange(board.key, 0, -1, withscores=True) for board in BOARDS}
    for symbol in SYMBOLS:
        found[symbol] = redis.hgetall(keys.row(symbol))
    return found
