"""Tasks that wait and expire by the app's clock, the same on all machines, and not by their worker's own."""

from datetime import UTC, datetime
from typing import Any, Literal

from celery import Task
from celery.worker.request import Request
from celery.worker.state import revoked as revoked_tasks


class RedisClockRequest(Request):
    """A request that asks the app what time it is, and goes by its task's name."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # Workers count by it, for as long as they live, and messages may name others without end (`shadow`).
        self.name = self.type  # type: ignore[misc]

    @property
    def eta(self) -> datetime | None:
        """When it is to run, by the clock of this machine: that is what the worker's timers go by."""
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
    """A task that runs at its `eta`, and not once its `expires` is over."""

    Request = "tasks.redis_clock_task:RedisClockRequest"
