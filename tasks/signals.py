"""Sets up and shuts down processes, on Celery's signals."""

import ctypes
import gc
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from celery.signals import (
    beat_init,
    setup_logging,
    worker_init,
    worker_process_init,
    worker_process_shutdown,
    worker_ready,
    worker_shutdown,
)

from config import logging, telemetry
from config.celery import AGGS, CLOCK, REFERENCE
from config.settings import settings
from leaderboard.declared.tables import DeclarationError
from tasks import screens
from tasks.app import app, system
from tasks.bar_reports.reporter import BarReporter
from tasks.bars import process_agg
from tasks.fastlane import pool
from tasks.reference import warm_reference
from tasks.supervision import service_manager
from tasks.supervision.watchdog import Watchdog
from tasks.supervision.worker_heartbeat import Heartbeat

T = TypeVar("T")

app.steps["consumer"].add(BarReporter)

# Parameters of glibc's mallopt.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
#: Bytes of freed memory that a worker keeps: the most that glibc allows for M_MMAP_THRESHOLD.
KEPT_FREE = 32 * 1024 * 1024


@setup_logging.connect
def configure_logging(**_: Any) -> None:
    logging.configure(settings())


@worker_init.connect
def choose_pool(sender: Any, **_: Any) -> None:
    if settings().fast_lane and AGGS in sender.app.amqp.queues.consume_from:
        pool.make_solo(sender)


@worker_process_init.connect
def stop_pool_promptly(**_: Any) -> None:
    pool.stop_promptly()


@worker_init.connect
def check_telemetry(**_: Any) -> None:
    # Before the pool starts: a process of it that ends is restarted for ever.
    _end_on_wrong_value(telemetry.check)


@worker_init.connect
def read_screens(sender: Any, **_: Any) -> None:
    """Read screens, rules of alerts and market where they are published, before the pool starts."""
    if CLOCK in sender.app.amqp.queues.consume_from:
        _end_on_wrong_file("SCREENS_FILE", screens.watched)
        _end_on_wrong_file("ALERTS_FILE", screens.watched_rules)
        screens.prepare()


@worker_process_init.connect
def start_telemetry(**_: Any) -> None:
    # In each child of a prefork pool: exporters' threads do not survive a fork.
    role: telemetry.Role = "worker" if AGGS in app.amqp.queues.consume_from else "clock"
    if telemetry.start_traces(role):
        _instrument_tasks(process_agg.name)
    telemetry.start_metrics(role)


@beat_init.connect
def start_telemetry_of_beat(**_: Any) -> None:
    if _end_on_wrong_value(partial(telemetry.start_traces, "beat")):
        _instrument_tasks()


def _instrument_tasks(*untraced: str) -> None:
    # Imported here: it loads slowly, and most processes do not need it.
    from tasks.task_spans import TaskInstrumentor

    TaskInstrumentor(*untraced).instrument()


def _end_on_wrong_value(action: Callable[[], T]) -> T:
    # Celery logs other exceptions of signal handlers, and goes on.
    try:
        return action()
    except telemetry.WrongVariableError as error:
        raise SystemExit(str(error)) from error


def _end_on_wrong_file(variable: str, action: Callable[[], T]) -> None:
    try:
        action()
    except DeclarationError as error:
        # A line for each mistake.
        raise SystemExit(f"Wrong setting {variable}:\n{error}") from error


@worker_process_shutdown.connect
def stop_telemetry(**_: Any) -> None:
    telemetry.stop()


@worker_init.connect
def keep_freed_memory(**_: Any) -> None:
    """Keep the memory that each batch frees, for the next batch.

    By default glibc returns it to the system and requests it anew: 4 % of a worker's CPU time per bar. Other C
    libraries have no such setting.
    """
    if mallopt := getattr(ctypes.CDLL(None), "mallopt", None):
        for threshold in (M_TRIM_THRESHOLD, M_MMAP_THRESHOLD):
            mallopt(threshold, KEPT_FREE)


@worker_ready.connect
def collect_garbage_rarely(**_: Any) -> None:
    """Collect garbage rarely: a batch's thousands of objects are freed without it when the batch ends."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@worker_ready.connect
def start_watchdog(sender: Any, **_: Any) -> None:
    # Not in an embedded worker: the watchdog would end its host process.
    if sender.controller.app.Worker is type(sender.controller):
        Watchdog(sender.controller).start()


@worker_ready.connect
def warm_reference_once(sender: Any, **_: Any) -> None:
    """Warm the reference data when a new deployment's first worker starts, rather than at the next 03:50."""
    if REFERENCE in sender.app.amqp.queues.consume_from and system().reference.needs_warmup():
        warm_reference.delay()


@worker_ready.connect
def start_heartbeats(sender: Any, **_: Any) -> None:
    if path := settings().heartbeat_file:
        _start_heartbeat(sender, path.touch)
    if service_manager.is_listening():
        service_manager.ready()
        _start_heartbeat(sender, service_manager.alive)


def _start_heartbeat(sender: Any, beat: Callable[[], None]) -> None:
    heartbeat = Heartbeat(sender.app, list(sender.app.amqp.queues.consume_from), beat)
    heartbeat.start()
    # A strong reference: there is no other.
    worker_shutdown.connect(lambda **_: heartbeat.stop(), weak=False)
