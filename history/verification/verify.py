"""Verifies a recorded day."""

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from multiprocessing import get_context

from config.settings import settings
from history.archive.day import Day
from history.fold.recorded_day import RecordedDay
from history.queries.connection import connection
from history.queries.definitions import screen_ticks
from history.verification.plan import Plan, Planner
from history.verification.portion import verify_portion
from history.verification.verdict import Verdicts

#: Ticks up to which a plan is verified in this process: to start others takes a second.
_FEW = 1_000


def plan_of(day: Day, wanted: Callable[[int], bool] = lambda _: True) -> Plan:
    """What is to be verified of a day.

    Args:
        day: the day.
        wanted: which moments, Unix milliseconds; unset: all.

    Raises:
        duckdb.Error: a file cannot be read.
    """
    recorded = RecordedDay(day, connection())
    screens = screen_ticks(day.folder.parent, recorded)
    return Planner(recorded, settings().publish_interval, screens).plan(wanted)


def verify(day: Day, plan: Plan, step: Callable[[int], None]) -> Verdicts:
    """Compute every tick of a plan anew, by as many processes as there are processors, and compare the digests.

    Args:
        day: the day.
        plan: of :func:`plan_of`.
        step: called with how many more ticks were compared.

    Raises:
        duckdb.Error: a file cannot be read.
    """
    verdicts = Verdicts()
    verdicts.add(plan.left_out)
    size, interval = settings().board_size, settings().publish_interval
    check = partial(verify_portion, day.folder, board_size=size, interval=interval)
    if plan.ticks <= _FEW:
        for portion in plan.portions:
            verdicts.add(check(portion))
            step(len(portion.ticks))
        return verdicts
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        try:
            sizes = {pool.submit(check, portion): len(portion.ticks) for portion in plan.portions}
            for done in as_completed(sizes):
                verdicts.add(done.result())
                step(sizes[done])
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return verdicts
