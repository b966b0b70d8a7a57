"""``python -m bench.deltas``: how many bytes a second a client takes, of whole boards and of deltas.

A made-up market opens, second after second of market time, as fast as this machine goes. After each second its
boards are published, and three clients of one gateway receive them: one whole, one as deltas, one as deltas of the
rows and fields that a page shows. The latter two apply the deltas with the docs' example; if the board of one ever
differs from the published one, the exit code is 1.
"""

import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from datetime import time as time_of_day
from itertools import islice
from statistics import quantiles
from typing import Annotated, Any

import msgspec
import typer
from redis import Redis
from rich.console import Console
from rich.progress import track
from rich.table import Table
from websockets.sync.client import connect

from bench.gateway import cpu_of, gateway
from bench.own_redis import own_redis
from config.settings import Settings
from deploy.ending import end_as_by_ctrl_c
from deploy.redis_server import RedisServer
from docs.websocket_example import apply_function
from feeds.synthetic.market import Market
from feeds.synthetic.seconds import simulated
from leaderboard.boards import BOARDS
from leaderboard.shards import Shards
from leaderboard.store.snapshots import Snapshots
from leaderboard.system import System
from watch.gateway.counters import Counters
from watch.gateway.fanout.deltas.board_changes import Rows, encode_rows, parse_rows
from watch.gateway.fanout.deltas.delta_feed import DeltaFeed
from watch.gateway.fanout.deltas.projection import WHOLE, Projection

_DAY = date(2026, 11, 20)
_START = time_of_day(9, 29)
# Seconds from the start to the open, in which nothing is measured.
_BEFORE = 60
_SIZE = 500
# Characters.
_WIDTH = 125
#: What a page shows: so many rows and, besides rank and symbol, ten fields.
PAGE = Projection(
    frozenset(
        [
            *("close", "pct_change", "change", "pct_change_since_open", "accumulated_volume"),
            *("dollar_volume", "rvol", "free_float", "day_high", "end_timestamp"),
        ]
    ),
    limit=100,
)
# What is followed by deltas.
_PROJECTIONS = {"all rows and fields": WHOLE, "100 rows of 10 fields": PAGE}

apply = apply_function()
_decode = msgspec.json.Decoder().decode


@dataclass(frozen=True)
class Load:
    """A made-up market.

    Attributes:
        name: for the table.
        symbols: that are listed.
        rate: bars a second in the mean of the regular hours; at the open there are more.
    """

    name: str
    symbols: int
    rate: float


#: The markets that are played, smallest first.
LOADS = (Load("make run's market", 2_000, 500), Load("the whole market", 11_000, 3_000))


class _CountingSocket(socket.socket):
    """Counts the bytes that it receives."""

    received = 0

    def recv(self, size: int, flags: int = 0) -> bytes:
        data = super().recv(size, flags)
        self.received += len(data)
        return data


class _Client:
    """A client that takes compressed messages of one board.

    Attributes:
        plain: bytes of the last message, without compression.
        compressed: bytes that came for it.
    """

    def __init__(self, port: int, subscription: dict[str, Any], stack: ExitStack) -> None:
        self._socket = _CountingSocket()
        self._socket.connect(("127.0.0.1", port))
        # Pings would count as well.
        options: dict[str, Any] = {"proxy": None, "max_size": None, "ping_interval": None}
        self._connection = stack.enter_context(connect(f"ws://127.0.0.1:{port}/ws", sock=self._socket, **options))
        self._connection.send(msgspec.json.encode({"action": "subscribe"} | subscription).decode())
        assert _decode(self._connection.recv())["status"] == "subscribed"
        self.plain = self.compressed = 0
        self._received = self._socket.received

    def message(self) -> str:
        """The next message. No other is on its way."""
        text = self._connection.recv()
        assert isinstance(text, str)
        before, self._received = self._received, self._socket.received
        self.plain, self.compressed = len(text.encode()), self._received - before
        return text


@dataclass
class Measured:
    """What a client that follows a board by deltas received, and one that gets it whole: a number for each second.

    Attributes:
        whole, whole_compressed, delta, delta_compressed: bytes.
        rows: changed ones.
        fields: changed ones, in all rows.
        took: milliseconds of CPU to make and compress a delta, once for all clients.
        wrong: seconds at which the applied deltas were not the published board.
    """

    whole: list[int] = field(default_factory=list)
    whole_compressed: list[int] = field(default_factory=list)
    delta: list[int] = field(default_factory=list)
    delta_compressed: list[int] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    fields: list[int] = field(default_factory=list)
    took: list[float] = field(default_factory=list)
    wrong: int = 0


class _Follower:
    """A client that follows a board by deltas, of all its rows and fields or of some."""

    def __init__(self, port: int, scanner: str, projection: Projection, stack: ExitStack) -> None:
        chosen = {"fields": projection.fields and sorted(projection.fields), "limit": projection.limit}
        self._scanner = scanner
        self._projection = projection
        self._client = _Client(port, {"feed": scanner, "mode": "delta"} | chosen, stack)
        self._board: dict[str, Any] = apply({}, _decode(self._client.message()))
        self._feed = DeltaFeed(scanner, Counters())
        self.measured = Measured()

    def receive(self, published: bytes, compressed: int) -> None:
        """Receive a delta, and compare the board with the published one.

        Args:
            published: the whole board.
            compressed: bytes that a client gets it in.
        """
        measured = self.measured
        measured.whole.append(len(published))
        measured.whole_compressed.append(compressed)
        message = _decode(self._client.message())
        assert "base" in message, "a client that keeps up was sent the whole"
        measured.delta.append(self._client.plain)
        measured.delta_compressed.append(self._client.compressed)
        measured.rows.append(len(message["rows"]))
        measured.fields.append(sum(len(row) - 1 for row in message["rows"]))
        self._board = apply(self._board, message)
        rows = parse_rows(self._scanner, published)
        measured.wrong += list(self._board.values()) != _decode(encode_rows(self._projection.of(rows)))
        measured.took.append(self._time_to_make(rows, published))

    def _time_to_make(self, rows: Rows, published: bytes) -> float:
        # Of this thread alone: others receive meanwhile.
        began = time.thread_time()
        if not self._projection.is_whole:
            rows = self._projection.of(rows)
            published = encode_rows(rows)
        self._feed.publish(rows, published)
        if newest := self._feed.newest:
            newest.deflated()
        return (time.thread_time() - began) * 1e3


class _Followed:
    """A board, a client that gets it whole, and those that follow it."""

    def __init__(self, port: int, scanner: str, stack: ExitStack) -> None:
        self._whole = _Client(port, {"feed": scanner}, stack)
        self.followers = {name: _Follower(port, scanner, each, stack) for name, each in _PROJECTIONS.items()}

    def receive(self) -> None:
        """Receive one publication, and compare what the clients have."""
        published = self._whole.message().encode()
        for follower in self.followers.values():
            follower.receive(published, self._whole.compressed)


class OpeningMarket:
    """A market that opens, and the system that ranks it."""

    def __init__(self, load: Load, server: RedisServer, start: time_of_day = _START) -> None:
        self._market = Market(load.symbols, load.rate, seed=1, day=_DAY)
        self._system = System.from_settings(Settings(redis_url=server.url(), market_clock="events"))
        self._system.reference.learn(_DAY, self._market.reference())
        self._publisher = Snapshots(Shards([Redis.from_url(server.url())]), interval=0.001, size=_SIZE)
        self._seconds = simulated(_DAY, start)

    def play(self, seconds: int) -> Iterator[int]:
        """Apply and publish so many more seconds, one by one. Yields the bars of each."""
        for second in islice(self._seconds, seconds):
            bars = self._market.bars(second)
            self._system.process(bars)
            while self._publisher.publish().result == "taken":
                time.sleep(0.001)
            yield len(bars)


def main(
    seconds: Annotated[int, typer.Option(help="Seconds of market time, from the open.", min=2)] = 600,
) -> None:
    """Measure the bytes of whole boards and of deltas after the open."""
    console = Console(highlight=False, width=_WIDTH)
    wrong = 0
    for load in LOADS:
        bars, cpu, followed = measure(load, seconds)
        console.print(
            f"{load.name}: {load.symbols:,} symbols, {bars:,.0f} bars/s, the gateway's CPU {cpu:.0f} ms a second"
        )
        for name in _PROJECTIONS:
            by_board = {board: each.followers[name].measured for board, each in followed.items()}
            console.print(_table(name, by_board))
            wrong += sum(measured.wrong for measured in by_board.values())
    console.print(f"Applied deltas that were not the published board: {wrong}.")
    sys.exit(wrong > 0)


def measure(load: Load, seconds: int) -> tuple[float, float, dict[str, _Followed]]:
    """Play a market's open. Returns bars a second, the gateway's CPU in ms a second, and what was followed."""
    with own_redis("--appendonly", "no") as server, gateway(server) as (process, port), ExitStack() as stack:
        market = OpeningMarket(load, server)
        for _ in market.play(_BEFORE):
            pass
        followed = {board.name: _Followed(port, board.scanner, stack) for board in BOARDS}
        bars, before = 0, cpu_of(process)
        for count in track(market.play(seconds), load.name, total=seconds, console=Console(stderr=True)):
            bars += count
            for each in followed.values():
                each.receive()
        cpu = cpu_of(process) - before
    return bars / seconds, cpu / seconds * 1e3, followed


def _table(name: str, by_board: dict[str, Measured]) -> Table:
    table = Table(title=f"Deltas of {name}, against whole boards", title_justify="left")
    table.add_column("a second")
    for column in ("whole kB", "delta kB", "ratio", "deflated: whole", "delta", "ratio"):
        table.add_column(column, justify="right")
    for column in ("1st minute", "last", "rows", "fields", "ms p50", "p99"):
        table.add_column(column, justify="right")
    for board, measured in by_board.items():
        table.add_row(board, *_cells(measured))
    return table


def _cells(measured: Measured) -> Iterator[str]:
    seconds = len(measured.rows)
    for whole, delta in (
        (measured.whole, measured.delta),
        (measured.whole_compressed, measured.delta_compressed),
    ):
        yield f"{sum(whole) / seconds / 1e3:,.1f}"
        yield f"{sum(delta) / seconds / 1e3:,.1f}"
        yield f"{sum(delta) / sum(whole):.3f}"
    whole, delta = measured.whole_compressed, measured.delta_compressed
    yield f"{sum(delta[:60]) / sum(whole[:60]):.3f}"
    yield f"{sum(delta[-60:]) / sum(whole[-60:]):.3f}"
    yield f"{sum(measured.rows) / seconds:,.0f}"
    yield f"{sum(measured.fields) / seconds:,.0f}"
    percentiles = quantiles(measured.took, n=100)
    yield f"{percentiles[49]:.1f}"
    yield f"{percentiles[98]:.1f}"


if __name__ == "__main__":
    end_as_by_ctrl_c()
    typer.run(main)
