"""What processes do when they start and stop, by Celery's signals."""

import ctypes
import gc
from typing import Any

from celery.signals import (
    setup_logging,
    worker_init,
    worker_process_init,
    worker_process_shutdown,
    worker_ready,
    worker_shutdown,
)

from config import logging, telemetry
from config.celery import AGGS, REFERENCE
from config.settings import settings
from tasks.app import system
from tasks.bars import process_agg
from tasks.fastlane import pool
from tasks.reference import warm_reference
from tasks.supervision.heartbeat_file import Heartbeat
from tasks.supervision.watchdog import Watchdog

# Of glibc's mallopt.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
#: Bytes that a worker may keep free; glibc allows no more for the second threshold.
KEPT_FREE = 32 * 1024 * 1024


@setup_logging.connect
def configure_logging(**_: Any) -> None:
    logging.configure(settings())


@worker_init.connect
def choose_pool(sender: Any, **_: Any) -> None:
    if settings().fast_lane and AGGS in sender.app.amqp.queues.consume_from:
        pool.make_solo(sender)


@worker_process_init.connect
def wait_for_nothing(**_: Any) -> None:
    pool.stop_promptly()


@worker_process_init.connect
def start_telemetry(**_: Any) -> None:
    # In each child of a prefork pool, for exporters do not survive a fork.
    telemetry.start(untraced=[process_agg.name])


@worker_process_shutdown.connect
def stop_telemetry(**_: Any) -> None:
    telemetry.stop()


@worker_init.connect
def keep_freed_memory(**_: Any) -> None:
    """Reuse the megabytes that each batch frees. glibc would give them back to the system and fetch them anew.

    That costs 4 % of a worker's CPU time per bar. Elsewhere than with glibc there is nothing to set.
    """
    if mallopt := getattr(ctypes.CDLL(None), "mallopt", None):
        for threshold in (M_TRIM_THRESHOLD, M_MMAP_THRESHOLD):
            mallopt(threshold, KEPT_FREE)


@worker_ready.connect
def collect_garbage_rarely(**_: Any) -> None:
    """Batches make thousands of objects that are freed with them: the others need no frequent collection."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@worker_ready.connect
def end_what_hangs(sender: Any, **_: Any) -> None:
    # Not for an embedded worker, whose process is not its own.
    if sender.controller.app.Worker is type(sender.controller):
        Watchdog(sender.controller).start()


@worker_ready.connect
def warm_at_first_start(sender: Any, **_: Any) -> None:
    """The first worker of a fresh deployment does not wait for 03:50."""
    if REFERENCE in sender.app.amqp.queues.consume_from and system().reference.needs_warmup():
        warm_reference.delay()


@worker_ready.connect
def show_life(sender: Any, **_: Any) -> None:
    if path := settings().heartbeat_file:
        heartbeat = Heartbeat(sender.app, list(sender.app.amqp.queues.consume_from), path)
        heartbeat.start()
        # Strongly, as nothing else refers to it.
        worker_shutdown.connect(lambda **_: heartbeat.stop(), weak=False)
