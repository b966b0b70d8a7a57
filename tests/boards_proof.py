"""``python -m tests.boards_proof``: boards of past seconds beside what WebSocket clients stored at the time.

A made-up market goes through workers, a clock worker, a gateway and a recorder, at its real pace. Clients of the
gateway store each snapshot of the boards and a screen. Then ``python -m history boards`` is asked for each of them
at random seconds. The exit code is 1 if any answer is not what the client had then, to the byte.
"""

import os
import random
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from redis import Redis
from rich.console import Console
from rich.progress import track
from rich.table import Table

from deploy.redis_server import RedisServer
from leaderboard import keys
from leaderboard.boards import BOARDS
from tests.support.history.recording import await_recording, await_stored
from tests.support.processes import Processes
from tests.support.waiting import eventually
from tests.support.watch.gateways import Gateway
from tests.support.watch.stored_snapshots import Snapshot, StoredSnapshots

# Of the table, in characters.
_WIDTH = 100
#: By the name for which history is asked, what clients subscribe to.
FEEDS = {**{board.name: board.scanner for board in BOARDS}, "losers": keys.screen("losers")}
#: Before this part of a second its snapshot is published: later calls publish that of the next second.
_SPLIT = 0.8
#: Seconds that a snapshot takes to a client at most. Seconds in which one came so shortly after the split are left
#: out, for it may be of either.
_ON_THE_WAY = 0.2


def record(
    folder: Path, server: RedisServer, symbols: int, rate: int, seconds: int
) -> Mapping[str, list[Snapshot]]:
    """Run a market for so many seconds. Returns what clients of the gateway stored, by the board's name."""
    processes, redis = Processes(folder), Redis.from_url(server.url(0))
    try:
        processes.start("recorder", "history", "record")
        await_recording(redis)
        processes.worker("worker", "--pool", "solo")
        processes.worker("clock", "--pool", "solo", queues="clock")
        processes.beat("beat")
        eventually(lambda: redis.exists(keys.SCREENS), what="screens are declared")
        gateway = Gateway(folder)
        clients = {name: StoredSnapshots(gateway.port, feed) for name, feed in FEEDS.items()}
        for client in clients.values():
            client.start()
        market = ("feeds", "synthetic", "--symbols", f"{symbols}", "--rate", f"{rate}", "--seconds", f"{seconds}")
        ended = processes.run(*market, seconds=seconds + 120)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        for client in clients.values():
            client.end()
        gateway.stop()
        await_stored(redis)
        return {name: client.snapshots for name, client in clients.items()}
    finally:
        processes.stop()


def shown_at(snapshots: Sequence[Snapshot], second: int) -> str | None:
    """What a client had before it of a second, Unix time. None: that is not certain, or it had nothing."""
    split = (second + _SPLIT) * 1000
    before = [each for each in snapshots if each.at < split]
    if not before or any(split <= each.at < split + _ON_THE_WAY * 1000 for each in snapshots):
        return None
    return before[-1].text


def asked(processes: Processes, name: str, second: int) -> str:
    """What history says of a second, as the command prints it."""
    at = datetime.fromtimestamp(second, UTC).isoformat()
    ended = processes.run("history", "boards", name, "--at", at, "--json")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout.removesuffix("\n")


def compare(folder: Path, stored: Mapping[str, Sequence[Snapshot]], count: int) -> dict[str, list[bool]]:
    """Whether history is what clients stored, by the board's name, at random seconds of each."""
    processes, rng = Processes(folder), random.Random(1)
    equal: dict[str, list[bool]] = {name: [] for name in stored}
    known = [
        (name, second, shown)
        for name, snapshots in stored.items()
        for second in range(snapshots[0].at // 1000 + 1, snapshots[-1].at // 1000 + 1)
        if (shown := shown_at(snapshots, second)) is not None
    ]
    for name, second, shown in track(rng.sample(known, min(count, len(known))), "comparing"):
        equal[name].append(asked(processes, name, second) == shown)
    return equal


def main(
    symbols: Annotated[int, typer.Option(help="Symbols of the market.", min=1)] = 2_000,
    rate: Annotated[int, typer.Option(help="Bars a second.", min=1)] = 500,
    seconds: Annotated[int, typer.Option(help="For which the market runs.", min=5)] = 120,
    count: Annotated[int, typer.Option(help="Random seconds that are compared.", min=1)] = 100,
) -> None:
    """Record a market, and compare boards of past seconds with what clients stored."""
    table = Table("board", title="Boards of random seconds")
    for column in ("snapshots stored", "compared", "differing"):
        table.add_column(column, justify="right")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = RedisServer(folder / "redis").start()
        urls = {"REDIS_URL": server.url(0), "CELERY_BROKER_URL": server.url(1)}
        os.environ |= urls | {"MARKET_CLOCK": "wall", "HISTORY_DIR": str(folder / "history")}
        try:
            stored = record(folder, server, symbols, rate, seconds)
            equal = compare(folder, stored, count)
        finally:
            server.stop()
    for board, each in equal.items():
        table.add_row(board, f"{len(stored[board])}", f"{len(each)}", f"{each.count(False)}")
    # A fixed width: in a narrow terminal or a file, rich would cut names and digits off.
    Console(width=_WIDTH).print(table)
    raise typer.Exit(0 if all(map(all, equal.values())) else 1)


if __name__ == "__main__":
    typer.run(main)
