"""``python -m bench.returning``: how long an honest client waits while others subscribe to many feeds.

It starts a Redis, a gateway, a publisher of 11,000 symbols' quotes and an honest client of one board, which is
published ten times a second. Then many clients connect at once: clients of a gateway that has failed, with a few
symbols each; connections with very many symbols; connections with very many patterns.
"""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer
from redis import Redis
from rich.console import Console
from rich.table import Table

from bench import subscribers
from bench.child import ROOT, Child
from bench.gateway import cpu_of, gateway
from bench.own_redis import own_redis
from deploy.ending import end_as_by_ctrl_c
from deploy.redis_server import RedisServer
from leaderboard.boards import BOARDS

# Seconds between two publications of the honest client's board.
_TICK = 0.1
# Seconds for which the honest client still listens after the others have subscribed.
_AFTER = 3.0


@dataclass(frozen=True)
class Case:
    """The clients that subscribe.

    Attributes:
        name: for the table.
        clients: the number of connections.
        feeds: the number of subscriptions of each.
        pattern: whether these are patterns.
        rate: quotes published a second.
    """

    name: str
    clients: int
    feeds: int
    pattern: bool
    rate: int


_CASES = (
    Case("nobody", 0, 0, False, 11_000),
    Case("1,000 clients of 10 symbols", 1_000, 10, False, 11_000),
    Case("30 clients of 1,000 symbols", 30, 1_000, False, 11_000),
    Case("1 client of 1,000 patterns", 1, 1_000, True, 2_200),
    Case("10 clients of 1,000 patterns", 10, 1_000, True, 2_200),
)


@dataclass(frozen=True)
class Measured:
    """The figures of a case. Times are in seconds.

    Attributes:
        took: until all subscriptions were answered.
        refused: subscriptions that were answered by an error.
        unanswered: subscriptions without an answer before the timeout.
        waits: of the honest client for each publication, in ascending order.
        cpu: of the gateway, while the others were connected, in cores.
    """

    took: float
    refused: int
    unanswered: int
    waits: list[float]
    cpu: float


def main(
    root: Annotated[Path, typer.Option(help="Checkout whose gateway is measured.")] = ROOT,
    timeout: Annotated[float, typer.Option(help="Seconds for the clients to subscribe.")] = 45.0,
    only: Annotated[str, typer.Option(help="Only cases whose name begins like this.")] = "",
    flow: Annotated[float, typer.Option(help="Share of the quotes to publish, for a slow machine.")] = 1.0,
) -> None:
    """Measure how long an honest client waits while others subscribe to many feeds."""
    table = Table(title=f"gateway of {root}", title_justify="left")
    table.add_column("others")
    for column in ("subscribed s", "refused", "no answer", "wait p50 ms", "p99 ms", "max ms", "CPU %"):
        table.add_column(column, justify="right")
    with own_redis() as server:
        for case in (each for each in _CASES if each.name.startswith(only)):
            measured = measure(server, replace(case, rate=int(case.rate * flow)), root, timeout)
            table.add_row(case.name, *_cells(measured))
    Console(highlight=False, width=115).print(table)


def _cells(measured: Measured) -> list[str]:
    waits = [1e3 * each for each in measured.waits]
    figures = (waits[len(waits) // 2], waits[int(0.99 * len(waits))], waits[-1], 100 * measured.cpu)
    counts = (f"{measured.took:.1f}", f"{measured.refused:,}", f"{measured.unanswered:,}")
    return [*counts, *(f"{figure:,.0f}" for figure in figures)]


def measure(server: RedisServer, case: Case, root: Path, timeout: float) -> Measured:
    """Measure a case on a gateway of its own."""
    with gateway(server, root) as (process, port):
        flow = subscribers.Flow(server.url(), case.rate)
        listening = subscribers.Listening(port, BOARDS[0].scanner)
        load = subscribers.Load(port, case.clients, case.feeds, case.pattern, timeout)
        with (
            Child("bench.subscribers", flow, ROLE="flow"),
            Child("bench.subscribers", listening, ROLE="listening") as honest,
            Child("bench.subscribers", load, ROLE="load") as came,
        ):
            before, began = cpu_of(process), time.monotonic()
            came.go()
            _publish(server, honest, came)
            cpu = (cpu_of(process) - before) / (time.monotonic() - began)
            subscribed = came.result(subscribers.Subscribed)
            waits = honest.result(list[float])
    return Measured(subscribed.took, subscribed.refused, subscribed.unanswered, sorted(waits), cpu)


def _publish(server: RedisServer, honest: Child, came: Child) -> None:
    """Publish the board until the others have subscribed and some seconds more, then end both."""
    redis = Redis.from_url(server.url())
    over = None
    while over is None or time.monotonic() < over:
        redis.publish(BOARDS[0].scanner, str(time.monotonic()))
        time.sleep(_TICK)
        if over is None and came.has_output():
            came.await_ready()
            over = time.monotonic() + _AFTER
    redis.publish(BOARDS[0].scanner, subscribers.END)
    came.go()


if __name__ == "__main__":
    end_as_by_ctrl_c()
    typer.run(main)
