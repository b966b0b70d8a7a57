"""``python -m bench.shards``: what boards over several servers cost the servers and the worker, per bar.

The deployments of one, two and three servers take turns. Each has a database of its own on servers that all of
them share.
"""

import time
from collections import deque
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import islice
from typing import Annotated, Any

import typer
from redis import Redis
from rich.console import Console

from bench import machine
from bench.bars import DAY, bars, reference
from bench.own_redis import own_redis
from bench.report import Figures
from config.redis_urls import Server
from config.settings import Settings
from deploy.ending import end_as_by_ctrl_c
from deploy.redis_server import RedisServer
from leaderboard.connections.pending import Pending
from leaderboard.system import Processed, System

COUNTS = (1, 2, 3)
#: Bars that a worker takes together: a fetch of the fast lane brings 500.
BATCHES = (500, 1_500)
#: Bars of each measurement.
BARS = 30_000
# Batches in flight while the next one is prepared, as a worker has them.
_IN_FLIGHT = 3


def main(
    rounds: Annotated[int, typer.Option(help="Rounds of each measurement.", min=1)] = 5,
    count: Annotated[int, typer.Option(help="Bars of each measurement.", min=3_000)] = BARS,
) -> None:
    """Measure one, two and three servers of boards, each batch divided among them."""
    console = Console(highlight=False, soft_wrap=True)
    with ExitStack() as stack:
        servers = [stack.enter_context(own_redis()) for _ in COUNTS]
        facts = machine.facts(Redis.from_url(servers[0].url()))
        figures = measure(servers, rounds, count)
    console.print(*(f"{name}: {fact}" for name, fact in facts.items()), "", sep="\n")
    for each in figures:
        console.print(each.table(), "")


def measure(servers: list[RedisServer], rounds: int, count: int) -> list[Figures]:
    clients = [Redis.from_url(server.url()) for server in servers]
    systems = {shards: System.from_settings(_settings(servers[:shards])) for shards in COUNTS}
    tape = bars()
    for system in systems.values():
        system.reference.learn(DAY, reference())
        _process(system, list(islice(tape, 20_000)), BATCHES[0])
    total = Figures("CPU of all servers together per bar", "us")
    busiest = Figures("CPU of the busiest server per bar", "us")
    worker = Figures("CPU of the worker per bar", "us")
    rate = Figures("Bars a second, one worker", "thousands")
    for _ in range(rounds):
        for size in BATCHES:
            for shards, system in systems.items():
                events = list(islice(tape, count))
                before, used, began = [*map(machine.cpu, clients)], time.process_time(), time.perf_counter()
                _process(system, events, size)
                name = f"{shards} servers, batches of {size}"
                rate.add(name, len(events) / (time.perf_counter() - began) / 1e3)
                worker.add(name, (time.process_time() - used) * 1e6 / len(events))
                spent = [(machine.cpu(redis) - was) * 1e6 for redis, was in zip(clients, before, strict=True)]
                total.add(name, sum(spent) / len(events))
                busiest.add(name, max(spent) / len(events))
    return [total, busiest, worker, rate]


def _settings(servers: list[RedisServer]) -> Settings:
    # A database of its own, by the number of servers.
    first, *others = (server.url().replace("/0", f"/{len(servers)}") for server in servers)
    return Settings(redis_url=first, board_shards=tuple(map(Server, others)), market_clock="events")


def _process(system: System, events: Sequence[dict[str, Any]], size: int) -> None:
    in_flight: deque[tuple[Sequence[dict[str, Any]], Pending[Processed]]] = deque()
    for start in range(0, len(events), size):
        batch = events[start : start + size]
        in_flight.append((batch, system.begin(batch)))
        if len(in_flight) > _IN_FLIGHT:
            _finish(system, *in_flight.popleft())
    while in_flight:
        _finish(system, *in_flight.popleft())


def _finish(system: System, batch: Sequence[dict[str, Any]], pending: Pending[Processed]) -> None:
    done = pending.result()
    while done.waiting:
        # A busy machine's server may take too long to answer.
        batch = [batch[index] for index in done.waiting]
        done = system.process(batch)


if __name__ == "__main__":
    end_as_by_ctrl_c()
    typer.run(main)
