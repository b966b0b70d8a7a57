"""The pools: batches run in Celery's ``solo``, one process a core, and ``prefork`` stops without waiting in vain.

A batch saves what a pool is there for, and a worker without child processes has nothing to wait for when it stops.
"""

from typing import Any

import billiard.pool
import click
from celery.concurrency import get_implementation
from click.core import ParameterSource

#: Tenths of a second that a prefork child waits, when it stops, until its results have been taken.
PATIENCE = 5


def make_solo(worker: Any) -> None:
    """Give a worker that is about to start the solo pool, unless another one was asked for.

    Args:
        worker: as the signal ``worker_init`` brings it.

    Raises:
        SystemExit: another pool was asked for, or one that grows; its text says what to do.
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
    # Celery multiplies by it what a worker takes ahead, and its default is the number of cores.
    worker.concurrency = 1


def stop_promptly() -> None:
    """In a child of a prefork pool: do not wait half a minute, when it stops, for what never comes.

    A worker that stops forgets the calls that a child has begun and whose beginning it has not heard of yet, gives
    them back, and with nothing left to wait for stops to read what its children send. The child finishes such a
    call and waits for its result to be read, 300 tenths of a second. The call is run again by another worker
    either way.
    """
    billiard.pool.GUARANTEE_MESSAGE_CONSUMPTION_RETRY_LIMIT = PATIENCE


def _was_asked_for(*options: str) -> bool:
    """Whether the worker's command line, or the program that makes the worker, says any of it."""
    context = click.get_current_context(silent=True)
    if context is None:
        return True
    return any(context.get_parameter_source(option) not in (None, ParameterSource.DEFAULT) for option in options)
