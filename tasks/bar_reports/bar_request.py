"""The request of a bar that runs by itself, in Celery's own way: the worker counts it when it hears of its end."""

from ast import literal_eval
from time import time
from typing import Any

from tasks.bar_reports.tally import Sampled, tally
from tasks.redis_clock_task import RedisClockRequest


class BarRequest(RedisClockRequest):
    """Counts its bar in the worker's own process, wherever the pool ran it. It sends none of Celery's events.

    A process of a pool returns why the bar became a dead letter, as the result of its task.
    """

    def send_event(self, type: str, **fields: Any) -> None:
        if type == "task-succeeded":
            self._count(fields["runtime"], _reason(fields["result"]))
        elif type == "task-failed":
            self._count(None, str(fields["exception"]))

    def _count(self, runtime: float | None, reason: str | None) -> None:
        started = self.time_start or time()
        seconds = max(0.0, time() - started) if runtime is None else runtime
        tally.add(Sampled(self.id, self.args, self.kwargs, started, seconds, reason))


def _reason(result: str) -> str | None:
    """The result of a bar's task, from its repr, which is what Celery passes on."""
    if result == repr(None):
        # Nearly always, and parsing would be noticed.
        return None
    try:
        reason: str = literal_eval(result)
    except (ValueError, SyntaxError):
        # Celery has cut it short.
        return result[1:-1]
    return reason
