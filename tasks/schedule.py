"""When beat sends which task, in New York's time. Resets apply on trading days only: see :mod:`tasks.boards`.

Run two beats on two machines to have no single point of failure: every task here is idempotent.
"""

import math
from datetime import datetime, timedelta

from celery.schedules import crontab, schedstate, schedule

from config.settings import settings
from tasks.app import app
from tasks.boards import publish_snapshot, reset_day, reset_open
from tasks.reference import fetch_reference, warm_reference


class aligned(schedule):  # noqa: N801 - named as its kin in celery.schedules
    """Is due at whole multiples of its interval on the clock, however long the last run took."""

    def remaining_estimate(self, last_run_at: datetime) -> timedelta:
        slot = math.floor(last_run_at.timestamp() / self.seconds) + 1
        remaining = slot * self.seconds - self.now().timestamp()
        # More than an interval: the clock was set back since, and the task must not wait for it to catch up.
        return timedelta(seconds=remaining if remaining <= self.seconds else 0)

    def is_due(self, last_run_at: datetime) -> schedstate:
        due, wait = super().is_due(last_run_at)
        # Celery's own schedules the next run an interval after this one, and drifts by each delay.
        return schedstate(due, self.remaining_estimate(self.now()).total_seconds() if due else wait)


INTERVAL = settings().publish_interval

app.conf.beat_schedule = {
    "warm-reference": {"task": warm_reference.name, "schedule": crontab(hour="3", minute="50")},
    # Reference data lives for six hours at least: it is refreshed before that, through the evening.
    "rewarm-reference": {"task": warm_reference.name, "schedule": crontab(hour="8,13,18", minute="50")},
    # For requests that a lost call or a source that was away left unanswered.
    "fetch-reference": {"task": fetch_reference.name, "schedule": aligned(30), "options": {"expires": 30}},
    "reset-day": {"task": reset_day.name, "schedule": crontab(hour="4", minute="0")},
    "reset-open": {"task": reset_open.name, "schedule": crontab(hour="9", minute="30")},
    # A beat that starts, or that finds its broker again, makes up for missed resets.
    "reset-missed": {"task": reset_day.name, "schedule": aligned(15), "options": {"expires": 15}},
    # Expires with its slot: the next snapshot says all that this one would have said.
    "publish-snapshot": {
        "task": publish_snapshot.name,
        "schedule": aligned(INTERVAL),
        "options": {"expires": INTERVAL},
    },
}
