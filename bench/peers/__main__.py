"""``make bench-peers``: a Redis of its own on the loopback interface, stopped and removed afterwards."""

import json as json_module
import os
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from redis import Redis
from rich.console import Console

from bench import machine
from bench.bars import DAY, reference
from bench.own_redis import own_redis
from bench.peers import killing, throughput
from bench.peers.environments import MissingPythonError
from bench.peers.killing import Lost
from bench.peers.lane import Lane
from bench.peers.peer import PEERS, Peer, versions
from bench.peers.tables import figures, losses, speeds
from bench.peers.throughput import WORK, Measured
from config.settings import Settings
from deploy.ending import end_as_by_ctrl_c
from deploy.redis_server import RedisServer
from leaderboard.system import System

# Characters.
_WIDTH = 125


def main(
    rounds: Annotated[int, typer.Option(help="Rounds of sending and running.", min=1)] = 3,
    tasks: Annotated[
        int, typer.Option(help="Tasks of a round, ten times as many where `delay_many` sends them.", min=1)
    ] = 2_000,
    kills: Annotated[int, typer.Option(help="SIGKILLs of each library's workers.", min=0)] = 3,
    only: Annotated[list[str] | None, typer.Option(help="A library's name; can be repeated.")] = None,
    json: Annotated[Path, typer.Option(help="Where all figures go.")] = Path(".run/peers.json"),
) -> None:
    """Measure the fast lane beside other task queues: speed, CPU, memory, and what is lost under SIGKILL.

    The exit code is 1 if the fast lane loses a task.
    """
    console = Console(highlight=False, width=_WIDTH)
    found, missing = _prepared([peer for peer in PEERS if not only or peer.name in only])
    with own_redis("--databases", "32") as server:
        redis = Redis.from_url(server.url())
        os.environ |= {"REDIS_URL": server.url(), "MARKET_CLOCK": "events"}
        facts = machine.facts(redis)
        System.from_settings(Settings(redis_url=server.url(), market_clock="events")).reference.learn(
            DAY, reference()
        )
        measured = _throughput(found, server, redis, rounds, tasks)
        lost = _killed(found, server, kills) if kills else []
    for line in (*facts.items(), *((peer.name, versions(peer)) for peer in found)):
        console.print(": ".join(line))
    for task in WORK:
        console.print("", speeds(task, measured, missing))
    console.print("", losses(lost, measured, kills))
    json.parent.mkdir(parents=True, exist_ok=True)
    json.write_text(json_module.dumps(figures(facts, measured, lost), indent=2))
    raise typer.Exit(any(each.lost for each in lost if each.peer.ours))


def _prepared(peers: list[Peer]) -> tuple[list[Peer], dict[str, str]]:
    """The libraries that can run here, and why the others cannot."""
    found, missing = [], {}
    for peer in peers:
        try:
            if peer.environment:
                peer.environment.prepare()
            found.append(peer)
        except MissingPythonError as error:
            missing[peer.name] = str(error)
    return found, missing


def _throughput(peers: list[Peer], server: RedisServer, redis: Redis, rounds: int, tasks: int) -> Measured:
    with ExitStack() as stack:
        lanes = [
            stack.enter_context(Lane(peer, server, database, server.folder, safe=True))
            for database, peer in enumerate(peers, 1)
        ]
        return throughput.measure(lanes, redis, rounds, tasks)


def _killed(peers: list[Peer], server: RedisServer, kills: int) -> list[Lost]:
    """Each library as it is by default, and in its safest setting where it has one."""
    settings = [(peer, safe) for peer in peers for safe in (False, True) if peer.safest or not safe]
    timeout = killing.REDELIVERED_AFTER
    with ExitStack() as stack:
        lanes = [
            stack.enter_context(Lane(peer, server, database, server.folder, safe=safe, timeout=timeout))
            for database, (peer, safe) in enumerate(settings, len(peers) + 1)
        ]
        return killing.kill_all(lanes, kills)


if __name__ == "__main__":
    end_as_by_ctrl_c()
    typer.run(main)
