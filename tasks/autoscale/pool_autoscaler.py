"""Celery's own ``--autoscale`` by the same policy: it resizes the prefork pool of one worker."""

import logging
import time
from typing import Any

from celery.worker.autoscale import Autoscaler

from config import queue_depth
from tasks.autoscale.policy import Memory, Policy, Sample

log = logging.getLogger(__name__)

#: Messages for each process of a pool, which does some hundreds a second.
PER_PROCESS = 500

# Seconds between two samples.
_INTERVAL = 1.0


class DepthAutoscaler(Autoscaler):
    """For the setting ``worker_autoscaler``: counts what waits in the worker's queues, and what it has prefetched.

    Celery's counts only what the worker has prefetched, which never exceeds its prefetch count.
    """

    def __init__(
        self, pool: Any, max_concurrency: int, min_concurrency: int = 0, worker: Any = None, mutex: Any = None
    ) -> None:
        # Celery's event loop calls once in each `keepalive`.
        super().__init__(pool, max_concurrency, min_concurrency, worker, keepalive=_INTERVAL, mutex=mutex)
        self._pool: Any = pool
        self._memory = Memory()
        self._next = 0.0

    def _maybe_scale(self, req: Any = None) -> bool | None:
        now = time.monotonic()
        # It is also called for each message.
        if now < self._next:
            return None
        self._next = now + _INTERVAL
        waiting = self._waiting()
        if waiting is None:
            return None
        before = self.processes
        policy = Policy(self.min_concurrency, self.max_concurrency, PER_PROCESS)
        decision = policy.decide(Sample(waiting, self.qty, None, before, now), self._memory)
        self._memory = decision.memory
        if decision.workers == before:
            return None
        log.info("%d -> %d processes: %s (%d waiting)", before, decision.workers, decision.reason, waiting)
        if decision.workers > before:
            self._pool.grow(decision.workers - before)
        else:
            self._scale_in(before - decision.workers)
        return True

    def _scale_in(self, processes: int) -> None:
        try:
            self._pool.shrink(processes)
        except ValueError:
            # Celery stops only idle processes; the next sample follows soon.
            log.info("all processes are busy and stay")

    def _waiting(self) -> int | None:
        """Messages in the queues of this worker; None if the broker failed."""
        with self.worker.app.connection_for_read(transport_options=queue_depth.OPTIONS) as connection:
            try:
                channel = connection.default_channel
                return sum(queue_depth.waiting(channel, name) for name in self.worker.app.amqp.queues.consume_from)
            except queue_depth.broker_errors_of(connection) as error:
                log.warning("the depth of the queue is unknown, the processes stay as they are: %s", error)
                return None
