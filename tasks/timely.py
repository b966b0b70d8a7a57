"""Tasks that expire by the app's clock, which is the same on all machines, and not by their worker's own."""

from typing import Any, Literal

from celery import Task
from celery.worker.request import Request
from celery.worker.state import revoked as revoked_tasks


class TimelyRequest(Request):
    """A request that asks the app whether it is too old."""

    def maybe_expire(self) -> Literal[True] | None:
        assert self.app
        if not self.expires or self.app.now() <= self.expires:
            return None
        revoked_tasks.add(self.id)
        return True


class TimelyTask(Task[..., Any]):
    """A task that is not run once its `expires` is over."""

    Request = "tasks.timely:TimelyRequest"
