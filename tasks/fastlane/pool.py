"""The worker's pool: ``solo`` for batches, one process a core; and a ``prefork`` pool that stops promptly.

A batch saves what a pool is there for, and a worker without child processes has nothing to wait for when it stops.
"""

from typing import Any

import billiard.pool
import click
from celery.concurrency import get_implementation
from click.core import ParameterSource

#: Tenths of a second for which a prefork child that stops waits until its results have been taken.
STOP_WAIT = 5


def make_solo(worker: Any) -> None:
    """Give a worker that is about to start the solo pool.

    Args:
        worker: as the signal ``worker_init`` brings it.

    Raises:
        SystemExit: another pool, or one that grows, was asked for; the text says what to do.
    """
    if click.get_current_context(silent=True) and _was_asked_for("autoscale"):
        raise SystemExit(
            "The fast lane runs tasks in the worker's own process, so --autoscale has no pool to grow: have whole "
            "workers started and stopped (python -m tasks autoscale). Stock Celery's pools need FAST_LANE=0."
        )
    solo = get_implementation("solo")
    if get_implementation(worker.pool_cls) is not solo and _was_asked_for("pool", "concurrency"):
        raise SystemExit(
            "The fast lane runs tasks in the worker's own process: start as many workers as there are cores, with "
            "--pool solo or without --pool and --concurrency. Stock Celery's pools need FAST_LANE=0."
        )
    worker.pool_cls = solo
    # Celery multiplies the prefetch count by it, and its default is the number of cores.
    worker.concurrency = 1


def stop_promptly() -> None:
    """In a child of a prefork pool: do not wait half a minute, at its end, for something that never comes.

    A worker that stops restores calls which it does not know to have started, and then reads nothing more from its
    children. A child that had started such a call finishes it, and waits 30 s until somebody reads its result.
    Another worker runs the call again either way.
    """
    billiard.pool.GUARANTEE_MESSAGE_CONSUMPTION_RETRY_LIMIT = STOP_WAIT


def _was_asked_for(*options: str) -> bool:
    """Whether the worker's command line, or the program that makes the worker, sets one of these options."""
    context = click.get_current_context(silent=True)
    if context is None:
        return True
    return any(context.get_parameter_source(option) not in (None, ParameterSource.DEFAULT) for option in options)
