"""Events a second through Celery: sending them in each way, then working the backlog off."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import psutil
from celery import Celery
from redis import Redis

from bench.bars import bars
from bench.report import Figures
from config.celery import AGGS

EVENTS = 4_000
WORKERS = {
    "one worker, solo": ("--pool", "solo"),
    "one worker, prefork of two": ("--concurrency", "2"),
}


def measure(broker_url: str, rounds: int) -> list[Figures]:
    """Send in each way in turn, then let each kind of worker work off a backlog."""
    # Imported here: the app reads its settings from the environment when it is imported.
    from tasks import process_agg

    broker = Redis.from_url(broker_url)
    stock = Celery(broker=broker_url, set_as_current=False)
    ways: dict[str, Callable[[list[dict[str, Any]]], object]] = {
        "stock Celery, send_task": lambda events: [
            stock.send_task(process_agg.name, [each], queue=AGGS) for each in events
        ],
        "process_agg.delay": lambda events: [process_agg.delay(each) for each in events],
        "process_agg.delay_many": process_agg.delay_many,
    }
    sending = Figures("Sending, one process", "events/s")
    working = Figures("Working off a backlog, process_agg with all its work", "events/s")
    cost = Figures("CPU of the worker's processes per event", "us")
    tape = bars()
    for _ in range(rounds):
        for way, send in ways.items():
            events = list(islice(tape, EVENTS))
            began = time.perf_counter()
            send(events)
            sending.add(way, EVENTS / (time.perf_counter() - began))
            broker.delete(AGGS)
        for name, options in WORKERS.items():
            process_agg.delay_many(islice(tape, EVENTS))
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
