"""``make bench``: a Redis of its own on the loopback interface, stopped and removed afterwards."""

import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bench import apply, latency, machine, scale, sending, snapshot, throughput
from bench.bars import DAY, reference
from bench.chart import draw
from bench.environment import Environment
from bench.errors import LostBarsError
from bench.lane import FAST, FAST_TWO, FAST_VOLATILE, STOCK, STOCK_OF_TWO, Lane
from bench.own_redis import own_redis
from bench.results import Results
from config.settings import Settings
from deploy.ending import end_as_by_ctrl_c
from leaderboard.system import System

#: The lanes, in the order in which they take turns.
_KINDS = (STOCK, FAST, STOCK_OF_TWO, FAST_TWO, FAST_VOLATILE)


def main(
    rounds: Annotated[int, typer.Option(help="Rounds of each measurement.", min=1)] = 3,
    quick: Annotated[bool, typer.Option("--quick", help="One short round, to see whether it works.")] = False,
    json: Annotated[Path, typer.Option(help="Where all figures go.")] = Path(".run/bench.json"),
    png: Annotated[Path, typer.Option(help="Where the chart goes.")] = Path(".run/bench.png"),
) -> None:
    """Measure the fast lane against stock Celery end to end, sending, latency, the apply script and the snapshot.

    The exit code is 1 where a bar was lost.
    """
    console = Console(highlight=False, soft_wrap=True)
    with own_redis() as server:
        try:
            results = measure(Environment(server, scale.quick() if quick else scale.full(rounds)), server.folder)
        except LostBarsError as error:
            sys.exit(f"Bars were lost. {error}")
    show(results, console)
    json.parent.mkdir(parents=True, exist_ok=True)
    json.write_text(results.json())
    draw(results, png)
    console.print(f"All figures: {json}", f"Chart: {png}", sep="\n")


def measure(environment: Environment, folder: Path) -> Results:
    """Measure everything on the environment's Redis.

    Raises:
        LostBarsError: a bar was lost.
    """
    url = environment.server.url()
    os.environ |= {"REDIS_URL": url, "MARKET_CLOCK": "events"}
    # Each process gets its own broker, and Celery prefers this variable to any other setting.
    os.environ.pop("CELERY_BROKER_URL", None)
    facts = machine.facts(environment.redis)
    rounds = environment.scale.rounds
    core = [*apply.measure(url, rounds), *snapshot.measure(url, rounds)]
    environment.redis.flushall()
    System.from_settings(Settings(redis_url=url, market_clock="events")).reference.learn(DAY, reference())
    sent = sending.measure(environment)
    with ExitStack() as stack:
        lanes = [
            stack.enter_context(Lane(kind, environment.server, database, folder))
            for database, kind in enumerate(_KINDS, environment.STAGE + 1)
        ]
        for lane in lanes:
            lane.await_workers()
        through = throughput.measure(environment, lanes)
        fast = lanes[_KINDS.index(FAST)]
        late = latency.measure(environment, fast, through.sustained.median(FAST.name))
    return Results(facts, through, sent, late, core)


def show(results: Results, console: Console) -> None:
    console.print(*(f"{name}: {fact}" for name, fact in results.machine.items()), "", sep="\n")
    for figures in results.figures():
        console.print(figures.table(), "")
    samples = " ".join(f"{count:,} at {load};" for load, count in results.latency.samples.items())
    console.print(f"Latency is that of every fiftieth symbol's bars ({samples.rstrip(';')}), {FAST.name}.\n")
    for name, reconciliation in results.reconciliations().items():
        console.print(f"{name}: {reconciliation}.")
    console.print()


if __name__ == "__main__":
    end_as_by_ctrl_c()
    typer.run(main)
