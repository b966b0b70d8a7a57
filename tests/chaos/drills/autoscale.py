"""A flood of bars scales the workers out, and silence scales them in."""

import json
import os
import signal
import time
from collections.abc import Iterator
from itertools import islice
from typing import Any

from tests.chaos.distinct_bars import PER_SYMBOL, distinct_bars
from tests.chaos.harness import Harness, running_harness
from tests.chaos.verdict import Verdict
from tests.support.waiting import eventually

_NAME = "autoscale"
#: Bars that the flood begins with: they need more workers than may run.
SWELL = 40_000


def autoscale(*, bars: int = 200_000, workers: int = 3, cooldown: float = 30.0) -> Verdict:
    """Send a flood to an autoscaler with one worker, then nothing. Print its decisions.

    Args:
        bars: in all, as fast as one producer can send them.
        workers: at most.
        cooldown: seconds, of the autoscaler.
    """
    with running_harness(fast=True, symbols=bars // PER_SYMBOL) as harness:
        from tasks import process_agg

        processes = harness.processes
        bounds = "--min", "1", "--max", str(workers), "--cooldown", str(cooldown)
        processes.start(_NAME, "tasks", "autoscale", *bounds)
        eventually(lambda: _ready(harness) == 1, what="the first worker")
        (first,) = (int(line["process"]) for line in _lines(harness) if _is_ready(line))
        began = time.time()
        # On a busy machine one worker may keep up with the producer: stop it until the autoscaler sees the flood.
        flood = iter(distinct_bars(bars))
        os.kill(first, signal.SIGSTOP)
        process_agg.delay_many(islice(flood, SWELL))
        eventually(lambda: any(_decisions(harness)), what="a decision")
        os.kill(first, signal.SIGCONT)
        process_agg.delay_many(flood)
        sent = time.time()
        harness.drain(seconds=900)
        drained = time.time()
        scaled_in = _await_scale_in(harness, seconds=30 + 2 * cooldown * workers)
        processes.signal(_NAME, signal.SIGTERM)
        processes.await_end(_NAME)
        decisions = list(_decisions(harness))
        for decision in decisions:
            print(f"{_time(decision) - began:6.1f} s  {decision['message']}", flush=True)
        peak = max((decision["workers"] for decision in decisions), default=1)
        broken = [] if peak == workers else [f"{peak} workers at most"]
        broken += [] if scaled_in else ["not one worker again"]
        ready = sorted(_time(line) for line in _lines(harness) if _is_ready(line))
        notes = (
            f"1 -> {peak} workers, all at work {ready[-1] - began:.1f} s after the first bar; 1 again "
            f"{_time(decisions[-1]) - drained:.0f} s after the last was applied"
            if decisions
            else ""
        )
        return Verdict(
            "a flood, then silence",
            bars,
            harness.reconcile(distinct_bars(bars)),
            drained - sent,
            notes,
            tuple(broken),
        )


def _await_scale_in(harness: Harness, seconds: float) -> bool:
    """Whether there is one worker again in so many seconds, and the others have ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        decisions = list(_decisions(harness))
        told = sum(max(0, each["workers_before"] - each["workers"]) for each in decisions)
        if decisions and decisions[-1]["workers"] == 1 and _stopped(harness) == told:
            return True
        time.sleep(0.2)
    return False


def _lines(harness: Harness) -> Iterator[dict[str, Any]]:
    for line in harness.processes.log(_NAME).splitlines():
        # Celery greets in plain text.
        if line.startswith("{"):
            yield json.loads(line)


def _decisions(harness: Harness) -> Iterator[dict[str, Any]]:
    return (line for line in _lines(harness) if "workers_before" in line)


def _is_ready(line: dict[str, Any]) -> bool:
    return str(line["message"]).endswith(" ready.")


def _ready(harness: Harness) -> int:
    """Workers that have become ready since the start."""
    return sum(map(_is_ready, _lines(harness)))


def _stopped(harness: Harness) -> int:
    return sum("has stopped" in line["message"] for line in _lines(harness))


def _time(line: dict[str, Any]) -> float:
    """When a line was logged, Unix seconds."""
    moment, _, milliseconds = line["time"].partition(",")
    return time.mktime(time.strptime(moment, "%Y-%m-%d %H:%M:%S")) + int(milliseconds) / 1000
