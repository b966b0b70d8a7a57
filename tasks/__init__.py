"""Celery: the app, the tasks, the schedule.

Producers need one name: ``from tasks import process_agg; process_agg.delay(event)``.
"""

from tasks import exposure, processes, schedule
from tasks.aggs import process_agg
from tasks.app import app
from tasks.clock import publish_snapshot, reset_day, reset_open
from tasks.reference import fetch_reference, warm_reference

__all__ = [
    "app",
    "exposure",
    "fetch_reference",
    "process_agg",
    "processes",
    "publish_snapshot",
    "reset_day",
    "reset_open",
    "schedule",
    "warm_reference",
]
