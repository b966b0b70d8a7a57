"""The pool of workers that run batches: Celery's ``solo``, one process a core.

A batch saves what a pool costs, and a worker without child processes has nothing to wait for when it stops.
(Celery's prefork pool forgets, when it stops, calls that a child has begun and not yet confirmed: it gives them
back though they run, and the child then waits half a minute for somebody to take its result.)
"""

from typing import Any

import click
from celery.concurrency import get_implementation
from click.core import ParameterSource


def make_solo(worker: Any) -> None:
    """Give a worker that is about to start the solo pool, unless another one was asked for.

    Args:
        worker: as the signal ``worker_init`` brings it.

    Raises:
        SystemExit: another pool was asked for; its text says what to do.
    """
    solo = get_implementation("solo")
    if get_implementation(worker.pool_cls) is not solo and _was_asked_for("pool", "concurrency", "autoscale"):
        raise SystemExit(
            "The fast lane runs tasks in the worker's own process: start as many workers as there are cores, with "
            "--pool solo or without --pool. Stock Celery's pools need FAST_LANE=0."
        )
    worker.pool_cls = solo
    # Celery multiplies by it what a worker takes ahead, and its default is the number of cores.
    worker.concurrency = 1


def _was_asked_for(*options: str) -> bool:
    """Whether the worker's command line, or the program that makes the worker, says any of it."""
    context = click.get_current_context(silent=True)
    if context is None:
        return True
    return any(context.get_parameter_source(option) not in (None, ParameterSource.DEFAULT) for option in options)
