"""``python -m bench.followers``: many clients of one gateway that follow the boards by deltas.

A made-up market is played beforehand, and the boards of each of its seconds are kept. Then one second after the
other is published to clients that all follow the boards as the page does: some fields of the first rows, as
deltas, compressed. At the end all clients lose their connections, and come back at once.
"""

import os
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import time as time_of_day
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import typer
from redis import Redis
from rich.console import Console
from rich.table import Table

from bench import machine
from bench.child import ROOT, Child
from bench.deltas import LOADS, PAGE, OpeningMarket
from bench.following import Followed, Order, Tick
from bench.gateway import cpu_of, gateway
from bench.own_redis import own_redis
from deploy.ending import end_as_by_ctrl_c
from deploy.redis_server import RedisServer
from leaderboard.boards import BOARDS

#: What a gateway promises for 5,000 clients: milliseconds from the first client to the last, part of a core, MB.
SPREAD, CORE, MEMORY = 300.0, 1.0, 400.0
# When the market's first second is, and the seconds before the first that is published: the open's.
_START = time_of_day(9, 29, 50)
_BEFORE = 11
# Fewer than one address may have.
_PER_ADDRESS = 100
# Characters.
_WIDTH = 115

Boards = dict[str, bytes]


@dataclass(frozen=True)
class Measured:
    """The figures of one number of clients.

    Attributes:
        clients: how many.
        spreads: milliseconds from the first client's delta to the last one's, by tick, in ascending order.
        late: deltas that some clients were not sent, or as a whole board.
        core: CPU of the gateway while ticks were published, as part of a core.
        memory: of the gateway with all clients, MB.
        peak: the most that it took, also while clients came back, MB.
        size: bytes of a client's deltas of a tick.
        back: seconds until each client that came back had its boards.
        back_cpu: seconds of the gateway's CPU for that.
    """

    clients: int
    spreads: list[float]
    late: int
    core: float
    memory: float
    peak: float
    size: float
    back: float
    back_cpu: float

    @property
    def is_within_limits(self) -> bool:
        return self.spreads[-1] <= SPREAD and self.core <= CORE and self.peak <= MEMORY and not self.late


def main(
    clients: Annotated[list[int] | None, typer.Option(help="WebSocket clients; can be repeated.")] = None,
    ticks: Annotated[int, typer.Option(help="Seconds that are published.", min=1)] = 20,
    processes: Annotated[int, typer.Option(help="That have the clients.", min=1)] = 2,
    root: Annotated[Path, typer.Option(help="Checkout whose gateway is measured.")] = ROOT,
) -> None:
    """Measure how soon deltas reach all clients, and what that takes. The exit code is 1 beyond the limits."""
    console = Console(highlight=False, width=_WIDTH)
    with own_redis("--appendonly", "no") as server:
        seconds = _played(server, ticks)
        found = [measure(server, seconds, each, processes, root) for each in clients or [1_000, 5_000]]
    console.print(_table(found))
    console.print(f"load before the table: {os.getloadavg()[0]:.1f} processes on average, of a minute")
    raise typer.Exit(not all(each.is_within_limits for each in found))


def _played(server: RedisServer, ticks: int) -> list[Boards]:
    """The boards of so many seconds of a market's open, and of the one before them."""
    market = OpeningMarket(LOADS[-1], server, _START)
    redis: Any = Redis.from_url(server.url())
    seconds: list[Boards] = [
        {board.scanner: redis.get(board.scanner) for board in BOARDS} for _ in market.play(_BEFORE + ticks)
    ]
    return seconds[_BEFORE - 1 :]


def measure(server: RedisServer, seconds: Sequence[Boards], clients: int, processes: int, root: Path) -> Measured:
    """Measure one number of clients, on a gateway of its own."""
    redis = Redis.from_url(server.url())
    _publish(redis, seconds[0])
    with gateway(server, root) as (process, port), ExitStack() as stack:
        children = [
            stack.enter_context(Child("bench.following", order)) for order in _orders(port, clients, processes)
        ]
        before, began = cpu_of(process), time.monotonic()
        for tick, boards in enumerate(seconds[1:], 1):
            _publish(redis, boards)
            time.sleep(max(0.0, began + tick - time.monotonic()))
        core = (cpu_of(process) - before) / (time.monotonic() - began)
        memory = process.memory_info().rss / 1e6
        before = cpu_of(process)
        followed = _have_back(children)
        back_cpu = cpu_of(process) - before
        peak = machine.peak(process.pid) / 1e6
    spreads, messages = _spreads(followed, len(seconds) - 1)
    return Measured(
        clients=clients,
        spreads=spreads,
        late=clients * len(BOARDS) * (len(seconds) - 1) - messages + sum(each.wholes for each in followed),
        core=core,
        memory=memory,
        peak=peak,
        size=sum(each.bytes for each in followed) / clients / (len(seconds) - 1),
        back=max(each.back for each in followed) - min(each.began for each in followed),
        back_cpu=back_cpu,
    )


def _orders(port: int, clients: int, processes: int) -> list[Order]:
    fields = sorted(PAGE.fields or ())
    feeds = [board.scanner for board in BOARDS]
    shares = [clients * n // processes for n in range(processes + 1)]
    return [
        Order(port, end - first, first, _PER_ADDRESS, feeds, fields, PAGE.limit) for first, end in pairwise(shares)
    ]


def _publish(redis: Redis, boards: Boards) -> None:
    """Publish all boards at once, as a snapshot is."""
    with redis.pipeline() as pipe:
        for scanner, published in boards.items():
            pipe.set(scanner, published)
            pipe.publish(scanner, published)
        pipe.execute()


def _have_back(children: Sequence[Child]) -> list[Followed]:
    """Have all clients lose their connections and come back."""
    for child in children:
        child.go()
    for child in children:
        child.await_ready()
    for child in children:
        child.go()
    return [child.result(Followed) for child in children]


def _spreads(followed: Sequence[Followed], ticks: int) -> tuple[list[float], int]:
    """Milliseconds from first to last by tick, ascending, and the number of deltas."""
    by_tick: dict[int, list[Tick]] = {}
    for each in followed:
        for seq, tick in each.ticks.items():
            by_tick.setdefault(seq, []).append(tick)
    parts = sorted(by_tick.items())[-ticks:]
    spreads = [1e3 * (max(tick.last for tick in each) - min(tick.first for tick in each)) for _, each in parts]
    return sorted(spreads), sum(tick.messages for _, each in parts for tick in each)


def _table(found: Sequence[Measured]) -> Table:
    title = f"Clients that follow {len(BOARDS)} boards by deltas of {PAGE.limit} rows, as the page does"
    table = Table(title=title, title_justify="left")
    table.add_column("clients", justify="right")
    for column in (
        "first to last ms: p50",
        "max",
        "late",
        "core",
        "MB",
        "peak MB",
        "kB a tick",
        "back s",
        "CPU s",
    ):
        table.add_column(column, justify="right")
    for each in found:
        spreads = (each.spreads[len(each.spreads) // 2], each.spreads[-1])
        table.add_row(
            f"{each.clients:,}",
            *(f"{spread:,.0f}" for spread in spreads),
            f"{each.late:,}",
            f"{each.core:.2f}",
            f"{each.memory:,.0f}",
            f"{each.peak:,.0f}",
            f"{each.size / 1e3:.1f}",
            f"{each.back:.1f}",
            f"{each.back_cpu:.1f}",
        )
    table.caption = f"Limits at 5,000: {SPREAD:.0f} ms, {CORE:.0f} core, {MEMORY:.0f} MB"
    table.caption_justify = "left"
    return table


if __name__ == "__main__":
    end_as_by_ctrl_c()
    typer.run(main)
