"""Services start, and workers are added."""

import time
from functools import partial

from tests.chaos.verdict import Verdict
from tests.containers.stack import Stack
from tests.support.waiting import eventually


def healthy(stack: Stack, *, rate: float, seconds: float) -> Verdict:
    """Start everything: every container becomes healthy by its own check, and bars reach the boards."""
    began = time.monotonic()
    stack.up()
    took, containers = time.monotonic() - began, stack.containers()
    with stack.load(rate) as stream:
        time.sleep(seconds)
    notes = f"{len(containers)} containers were healthy after {took:.0f} s"
    return stack.verdict("none: up -d", stream, notes)


def scale(stack: Stack, *, rate: float, seconds: float) -> Verdict:
    """Scale to four workers under load: each of them applies bars."""
    with stack.load(rate) as stream:
        stack.scale["worker"] = 4
        began = time.monotonic()
        stack.up()
        eventually(partial(_all_work, stack.scale["worker"]), what="all workers apply bars")
        took = time.monotonic() - began
        time.sleep(seconds)
    return stack.verdict("up -d --scale worker=4", stream, f"four workers applied bars after {took:.0f} s")


def _all_work(workers: int) -> bool:
    # Imported here: the app reads its settings from the environment when it is imported.
    from tasks import app

    stats = app.control.inspect(timeout=2.0).stats() or {}
    totals = [sum(each["total"].values()) for name, each in stats.items() if name.startswith("aggs@")]
    return len(totals) == workers and all(totals)
