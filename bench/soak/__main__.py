"""``python -m bench.soak``: a Redis, the processes of production, clients and a steady market for half an hour."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, cast

import typer
from redis import Redis
from rich.console import Console
from rich.progress import Progress

from bench import machine
from bench.child import ROOT, Child
from bench.soak import clients as listening
from bench.soak import producer as sending
from bench.soak.findings import Findings
from bench.soak.show import draw, tables
from bench.soak.watch import EVERY, Publications, Sampler
from config.celery import AGGS
from deploy.ending import end_as_by_ctrl_c
from deploy.redis_server import RedisServer, free_port
from leaderboard import keys
from leaderboard.store.totals import Totals

#: Seconds for processes to start, and for the queue to become empty.
TIMEOUT = 60.0


def main(
    minutes: Annotated[float, typer.Option(help="For how long.", min=0.1)] = 30,
    rate: Annotated[int, typer.Option(help="Bars a second.", min=1)] = 3_000,
    symbols: Annotated[int, typer.Option(help="Of the market; at least as many as bars a second.")] = 8_000,
    # With fewer, none measures the lag of quotes.
    clients: Annotated[int, typer.Option(help="WebSocket clients of the gateway.", min=4)] = 10,
    json: Annotated[Path, typer.Option(help="Where all figures go.")] = Path(".run/soak.json"),
    png: Annotated[Path, typer.Option(help="Where the picture goes.")] = Path(".run/soak.png"),
) -> None:
    """Run everything for a while. The exit code is 1 if anything grows, drifts or gets lost."""
    if symbols < rate:
        raise typer.BadParameter(f"{rate} bars a second are of as many symbols, and there are {symbols}")
    # End like Ctrl-C, so that started processes are stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("told to stop"))
    console = Console(highlight=False, soft_wrap=True)
    findings = soak(round(minutes * 60), rate, symbols, clients, console)
    for table in tables(findings):
        console.print(table)
    json.parent.mkdir(parents=True, exist_ok=True)
    json.write_bytes(findings.json())
    draw(findings, png)
    faults = findings.faults()
    console.print(
        f"{findings.sent:,} bars sent, {findings.missing} missing, {findings.wrong} rows wrong, ", end=""
    )
    console.print(f"{len(findings.publications):,} snapshots, of {len(findings.missed())} seconds none", end="")
    console.print(
        f", of {findings.doubled()} two; each client of boards got {sorted(set(findings.boards))} of them"
    )
    for second in findings.missed():
        tried = (
            "nobody tried to publish"
            if second in findings.untried()
            else "no bar was applied, or publishing failed"
        )
        console.print(f"No snapshot {second - findings.first} s after the first bar: {tried}")
    console.print(
        f"At most {max(each.queued for each in findings.samples):,} bars queued and "
        f"{max(each.unacked for each in findings.samples):,} messages in flight; "
        f"the producer itself was {findings.behind * 1e3:,.0f} ms late at worst"
    )
    console.print(f"All figures: {json}", f"Picture: {png}", *(f"NOT SOUND: {each}" for each in faults), sep="\n")
    raise typer.Exit(1 if faults else 0)


def soak(seconds: int, rate: int, symbols: int, clients: int, console: Console) -> Findings:
    """Run everything for so many seconds.

    Raises:
        RuntimeError: a process does not come up, or ends.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = RedisServer(folder / "redis").start()
        stack.callback(server.stop)
        os.environ |= {
            "REDIS_URL": server.url(0),
            "CELERY_BROKER_URL": server.url(1),
            "MARKET_CLOCK": "wall",
            "LOG_LEVEL": "WARNING",
        }
        redis, port = Redis.from_url(server.url(0)), free_port()
        processes = stack.enter_context(_processes(folder, port))
        _await(lambda: _is_up(redis, server), "the processes")
        order = sending.Order(symbols, rate, seconds)
        producer = stack.enter_context(Child("bench.soak.producer", order))
        until = time.time() + seconds + 5
        listeners = stack.enter_context(Child("bench.soak.clients", listening.Order(port, clients, until)))
        publications = Publications(server.url(0))
        publications.start()
        sampler = Sampler(server, {name: process.pid for name, process in processes.items()})
        producer.go()
        _sample(sampler, processes, seconds, console)
        sent = producer.result(sending.Sent)
        _await(lambda: not _left(server), "the queue to become empty")
        sampler.sample(sampler.samples[-1].at + EVERY)
        received = listeners.result(listening.Received)
        publications.end()
        totals = Totals.parse(cast(dict[bytes, bytes], redis.hgetall(keys.TOTALS)))
        return Findings(
            machine.facts(redis),
            rate,
            symbols,
            clients,
            sent.first,
            sent.bars,
            sent.bars - totals.processed,
            sum(_row(redis, symbol) != figures for symbol, figures in sent.last.items()),
            _left(server),
            int(redis.xlen(keys.DEAD)),
            sent.behind,
            received.boards,
            received.dropped,
            sampler.samples,
            publications.noted,
            received.lags,
            sorted(publications.tried),
        )


def _sample(
    sampler: Sampler, processes: Mapping[str, subprocess.Popen[bytes]], seconds: int, console: Console
) -> None:
    began = time.monotonic()
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("soaking", total=seconds)
        while (at := time.monotonic() - began) < seconds:
            for name, process in processes.items():
                if process.poll() is not None:
                    raise RuntimeError(f"{name} ended with exit code {process.returncode}")
            sampler.sample(at)
            progress.update(task, completed=at)
            time.sleep(max(0.0, began + EVERY * len(sampler.samples) - time.monotonic()))


@contextmanager
def _processes(folder: Path, port: int) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """The processes of production, by name; each has a log in the folder."""
    worker = ("celery", "-A", "tasks", "worker")
    commands = {
        "worker": (*worker, "-Q", AGGS, "-n", "aggs@%h"),
        "clock worker": (*worker, "-Q", "clock,reference", "-n", "clock@%h", "--pool", "solo"),
        "first beat": ("celery", "-A", "tasks", "beat"),
        "second beat": ("celery", "-A", "tasks", "beat"),
        "gateway": ("watch", "serve", "--port", str(port)),
    }
    started: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, command in commands.items():
            with (folder / f"{name}.log").open("wb") as log:
                started[name] = subprocess.Popen(
                    [sys.executable, "-m", *command],
                    cwd=ROOT,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
        yield started
    finally:
        for process in started.values():
            process.terminate()
        for process in started.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _is_up(redis: Redis, server: RedisServer) -> bool:
    """Whether a clock worker tries to publish, and a worker waits for bars."""
    waits = any(client["cmd"] == "blmove" for client in Redis.from_url(server.url(1)).client_list())
    return waits and redis.hexists(keys.SNAPSHOT, "attempted_at")


def _left(server: RedisServer) -> int:
    """Bars queued and in flight."""
    broker = Redis.from_url(server.url(1))
    # Each record ends with its queue. Count only bars: the clock's messages come and go.
    end = f'"{AGGS}"]'.encode()
    unacked = cast(list[bytes], broker.hvals("unacked"))
    return int(broker.llen(AGGS)) + sum(record.endswith(end) for record in unacked)


def _row(redis: Redis, symbol: str) -> tuple[float, float]:
    volume, close = redis.hmget(keys.row(symbol), "accumulated_volume", "close")
    return float(volume or 0), float(close or 0)


def _await(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f"waited {TIMEOUT:.0f} s for {what}")
        time.sleep(0.1)


if __name__ == "__main__":
    end_as_by_ctrl_c()
    typer.run(main)
