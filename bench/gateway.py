"""``python -m bench.gateway``: how soon, and at what cost, a snapshot reaches many clients of one gateway.

It starts a Redis, a gateway and its clients, and publishes boards of 500 rows one after the other, with time for
all clients to receive each. A latency is the time from the call that publishes until a client has the last byte.
"""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Annotated

import psutil
import typer
from redis import Redis
from rich.console import Console
from rich.table import Table

from bench import load_generator, machine
from bench.bars import DAY, bars, reference
from bench.child import ROOT, Child
from bench.own_redis import own_redis
from config.settings import Settings
from deploy.ending import end_as_by_ctrl_c
from deploy.redis_server import RedisServer, free_port
from leaderboard import keys
from leaderboard.boards import BOARDS
from leaderboard.shards import Shards
from leaderboard.store.snapshots import Snapshots
from leaderboard.system import System

# Bars with which all boards are full.
_BARS = 5_000
_SIZE = 500
# Characters.
_WIDTH = 115


@dataclass(frozen=True)
class Case:
    """What is measured.

    Attributes:
        name: for the table.
        feeds: that each client subscribes to.
        deflate: whether clients take compressed messages.
    """

    name: str
    feeds: tuple[str, ...]
    deflate: bool = False


_CASES = (
    Case("one board", (BOARDS[0].scanner,)),
    Case("one board, compressed", (BOARDS[0].scanner,), deflate=True),
    Case("all boards", ("scanners:*",)),
    Case("all boards, compressed", ("scanners:*",), deflate=True),
)


@dataclass(frozen=True)
class Measured:
    """The figures of a case. Times are in milliseconds, sizes in MB.

    Attributes:
        latencies: of every snapshot at every client, in order.
        spread: from the first client to the last, of the worst snapshot.
        sent: over the wire for each publication, to all clients.
        cpu: of the gateway, for each publication.
        idle: the gateway's memory without clients.
        peak: the most memory that it took.
    """

    latencies: list[float]
    spread: float
    sent: float
    cpu: float
    idle: float
    peak: float

    def quantile(self, part: float) -> float:
        return self.latencies[min(len(self.latencies) - 1, int(part * len(self.latencies)))]


def main(
    clients: Annotated[int, typer.Option(help="WebSocket clients.", min=1)] = 1000,
    snapshots: Annotated[int, typer.Option(help="Publications of all boards.", min=1)] = 10,
    interval: Annotated[float, typer.Option(help="Seconds between them.", min=0.1)] = 4.0,
) -> None:
    """Measure how soon a snapshot reaches the clients of one gateway, and what it takes."""
    with own_redis() as server:
        sizes = _fill(server)
        table = _table(f"{clients:,} clients, snapshots of {' + '.join(f'{size:,.0f}' for size in sizes)} kB")
        for case in _CASES:
            measured = measure(server, case, clients, snapshots, interval)
            table.add_row(case.name, *_cells(measured))
    Console(highlight=False, width=_WIDTH).print(table)


def _table(title: str) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("each client takes")
    for column in ("p50 ms", "p99 ms", "max ms", "first to last ms", "MB sent", "CPU ms", "idle MB", "peak MB"):
        table.add_column(column, justify="right")
    return table


def _cells(measured: Measured) -> Iterator[str]:
    for figure in (
        measured.quantile(0.5),
        measured.quantile(0.99),
        measured.latencies[-1],
        measured.spread,
        measured.sent,
        measured.cpu,
        measured.idle,
        measured.peak,
    ):
        yield f"{figure:,.0f}"


def _fill(server: RedisServer) -> list[float]:
    """Fill the boards. Returns the sizes of their snapshots, kB."""
    system = System.from_settings(Settings(redis_url=server.url(), market_clock="events"))
    system.reference.learn(DAY, reference())
    system.process(list(islice(bars(), _BARS)))
    system.publish()
    redis = Redis.from_url(server.url())
    return [redis.strlen(board.scanner) / 1e3 for board in BOARDS]


def measure(server: RedisServer, case: Case, clients: int, snapshots: int, interval: float) -> Measured:
    """Measure a case on a gateway of its own."""
    redis = Redis.from_url(server.url())
    publisher = Snapshots(Shards([redis]), interval=0.001, size=_SIZE)
    boards = len(BOARDS) if len(case.feeds) > 1 or "*" in case.feeds[0] else 1
    with gateway(server) as (process, port):
        idle = process.memory_info().rss / 1e6
        order = load_generator.Order(port, clients, list(case.feeds), snapshots * boards, case.deflate)
        with Child("bench.load_generator", order) as generator:
            before = cpu_of(process)
            published = [_publish(redis, publisher, interval) for _ in range(snapshots)]
            received = generator.result(load_generator.Received)
            cpu = cpu_of(process) - before
        peak = machine.peak(process.pid) / 1e6
    latencies: list[float] = []
    spreads = []
    for n, at in enumerate(published):
        of_snapshot = [
            arrivals[n * boards + board] - at for arrivals in received.arrivals for board in range(boards)
        ]
        latencies += of_snapshot
        spreads.append(max(of_snapshot) - min(of_snapshot))
    return Measured(
        [each * 1e3 for each in sorted(latencies)],
        max(spreads) * 1e3,
        received.bytes / snapshots / 1e6,
        cpu / snapshots * 1e3,
        idle,
        peak,
    )


def _publish(redis: Redis, publisher: Snapshots, interval: float) -> float:
    redis.incr(keys.REVISION)
    at = time.monotonic()
    assert publisher.publish().result == "published"
    time.sleep(interval)
    return at


def cpu_of(process: psutil.Process) -> float:
    """Seconds of a processor that it has taken."""
    used = process.cpu_times()
    return float(used.user + used.system)


@contextmanager
def gateway(server: RedisServer, root: Path = ROOT, **settings: str) -> Iterator[tuple[psutil.Process, int]]:
    """A gateway of a checkout, until the end of the block: its process, and its port."""
    port = free_port()
    environment = os.environ | {
        "REDIS_URL": server.url(),
        "CELERY_BROKER_URL": server.url(1),
        "LOG_LEVEL": "WARNING",
        **settings,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "watch", "serve", "--port", str(port)], cwd=root, env=environment
    )
    try:
        while not _answers(port):
            assert process.poll() is None, "the gateway ended"
            time.sleep(0.05)
        yield psutil.Process(process.pid), port
    finally:
        process.terminate()
        process.wait()


def _answers(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/api/status", timeout=5).close()
    except urllib.error.URLError:
        return False
    return True


if __name__ == "__main__":
    end_as_by_ctrl_c()
    typer.run(main)
