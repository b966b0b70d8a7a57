"""A flood makes the fleet grow, and silence makes it shrink."""

import json
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.drills.grounds import Grounds, Left, grounds
from tests.drills.tape import PER_SYMBOL, tape
from tests.waiting import eventually

_NAME = "autoscale"


@dataclass(frozen=True)
class Flood:
    """What an autoscaler did about one flood.

    Attributes:
        decisions: its log: seconds since the flood's first bar, and what it said.
        peak: workers at most.
        ready: seconds from the first bar until as many as that had begun to work.
        drained: seconds from the first bar until the last one was acknowledged.
        calm: seconds from then until there was one worker again; None: there was not.
    """

    decisions: list[tuple[float, str]]
    peak: int
    ready: float
    drained: float
    calm: float | None


def autoscale(*, bars: int, workers: int) -> tuple[Flood, Left]:
    """Send all bars as fast as one producer can, to an autoscaler of up to so many workers, and then none."""
    with grounds(fast=True, symbols=bars // PER_SYMBOL) as ground:
        # Imported here: the app reads its settings from the environment when it is imported.
        from tasks import process_agg

        processes = ground.processes
        processes.start(_NAME, "tasks", "autoscale", "--min", "1", "--max", str(workers))
        eventually(lambda: _ready(ground) == 1, what="the first worker")
        began, clock = time.time(), time.monotonic()
        process_agg.delay_many(tape(bars))
        ready: dict[int, float] = {}
        while ground.queued() + ground.unacked():
            ready.setdefault(_ready(ground), time.monotonic() - clock)
            time.sleep(0.05)
        drained = time.monotonic() - clock
        calm = _calm(ground, seconds=60 * workers)
        processes.signal(_NAME, signal.SIGTERM)
        processes.await_end(_NAME)
        decisions = list(_decisions(ground))
        peak = max((decision["workers"] for _, decision in decisions), default=1)
        flood = Flood(
            [(when - began, decision["message"]) for when, decision in decisions],
            peak,
            ready[max(ready)],
            drained,
            calm,
        )
        return flood, ground.left(tape(bars))


def _calm(ground: Grounds, seconds: float) -> float | None:
    """Seconds until the last of the fleet's decisions leaves one worker, and the others have ended."""
    began = time.monotonic()
    while time.monotonic() < began + seconds:
        decisions = list(_decisions(ground))
        if decisions and decisions[-1][1]["workers"] == 1 and _stopped(ground) == _ready(ground) - 1:
            return time.monotonic() - began
        time.sleep(0.2)
    return None


def _lines(ground: Grounds) -> Iterator[dict[str, Any]]:
    for line in ground.processes.log(_NAME).splitlines():
        # Celery greets in plain text.
        if line.startswith("{"):
            yield json.loads(line)


def _decisions(ground: Grounds) -> Iterator[tuple[float, dict[str, Any]]]:
    for line in _lines(ground):
        if "workers_before" in line:
            yield _seconds(line["time"]), line


def _ready(ground: Grounds) -> int:
    """Workers that have begun to work since the start."""
    return sum(line["message"].endswith(" ready.") for line in _lines(ground))


def _stopped(ground: Grounds) -> int:
    return sum("has stopped" in line["message"] for line in _lines(ground))


def _seconds(asctime: str) -> float:
    """Unix time of a line of log."""
    moment, _, milliseconds = asctime.partition(",")
    return time.mktime(time.strptime(moment, "%Y-%m-%d %H:%M:%S")) + int(milliseconds) / 1000
