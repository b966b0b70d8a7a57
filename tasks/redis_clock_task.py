"""Tasks whose countdowns and expiries go by the clock of the boards' Redis, and not by their worker's."""

from datetime import UTC, datetime
from typing import Any, Literal

from celery import Task
from celery.worker.request import Request
from celery.worker.state import revoked as revoked_tasks


class RedisClockRequest(Request):
    """A request that takes the time from the app, and its name from its task."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # Workers keep a count for each name, and messages may bring any number of names (`shadow`).
        self.name = self.type  # type: ignore[misc]

    @property
    def eta(self) -> datetime | None:
        """When it is to run, converted to this machine's clock, which the worker's timers use."""
        eta: datetime | None = super().eta
        assert self.app
        return eta and eta + (datetime.now(UTC) - self.app.now())

    def maybe_expire(self) -> Literal[True] | None:
        assert self.app
        if not self.expires or self.app.now() <= self.expires:
            return None
        revoked_tasks.add(self.id)
        return True


class RedisClockTask(Task[..., Any]):
    """A task that runs at its `eta`, and not after its `expires`, by the app's clock."""

    Request = "tasks.redis_clock_task:RedisClockRequest"
