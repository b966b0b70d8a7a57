"""Celery: the app, the tasks, the schedule.

Producers need one name: ``from tasks import process_agg; process_agg.delay(event)``.
"""

from tasks import schedule, signals, worker_answer
from tasks.app import app
from tasks.bars import process_agg
from tasks.boards import publish_snapshot, reset_day, reset_open
from tasks.flower import login_check
from tasks.reference import fetch_reference, warm_reference

__all__ = [
    "app",
    "fetch_reference",
    "login_check",
    "process_agg",
    "publish_snapshot",
    "reset_day",
    "reset_open",
    "schedule",
    "signals",
    "warm_reference",
    "worker_answer",
]
