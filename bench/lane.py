"""Events a second through Celery: sending by `delay`, then working the backlog off."""

import os
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path

import psutil
from redis import Redis

from bench.bars import bars
from bench.report import Figures

EVENTS = 4_000
WORKERS = {
    "one worker, solo": ("--pool", "solo"),
    "one worker, prefork of two": ("--concurrency", "2"),
}


def measure(broker_url: str, rounds: int) -> list[Figures]:
    """Send a backlog, then let each kind of worker work it off in turn."""
    # Imported here: the app reads its settings from the environment when it is imported.
    from tasks import process_agg

    broker = Redis.from_url(broker_url)
    sending = Figures("Sending with process_agg.delay, one process", "events/s")
    working = Figures("Working off a backlog, process_agg with all its work", "events/s")
    cost = Figures("CPU of the worker's processes per event", "us")
    tape = bars()
    for _ in range(rounds):
        for name, options in WORKERS.items():
            events = list(islice(tape, EVENTS))
            began = time.perf_counter()
            for event in events:
                process_agg.delay(event)
            sending.add("stock Celery", EVENTS / (time.perf_counter() - began))
            rate, cpu = _work_off(broker, options)
            working.add(name, rate)
            cost.add(name, cpu)
    return [sending, working, cost]


def _work_off(broker: Redis, options: tuple[str, ...]) -> tuple[float, float]:
    """Events a second, and CPU microseconds an event, from the first bar taken to the last one acknowledged."""
    command = [sys.executable, "-m", "celery", "-A", "tasks", "worker", "-Q", "aggs", *options]
    with Path(os.devnull).open("wb") as nowhere:
        worker = subprocess.Popen(command, stdout=nowhere, stderr=nowhere)
    try:
        while broker.llen("aggs") > EVENTS * 0.95:
            time.sleep(0.01)
        began, used, left = time.perf_counter(), _cpu(worker.pid), int(broker.llen("aggs"))
        while broker.llen("aggs") or broker.hlen("unacked"):
            time.sleep(0.01)
        return left / (time.perf_counter() - began), (_cpu(worker.pid) - used) * 1e6 / left
    finally:
        worker.terminate()
        worker.wait()


def _cpu(pid: int) -> float:
    process = psutil.Process(pid)
    return sum(sum(each.cpu_times()[:2]) for each in (process, *process.children(recursive=True)))
