"""A stock worker and one in the fast lane share the queue, and plain Celery clients feed it."""

from collections.abc import Mapping

from celery import Celery

from tests.chaos.distinct_bars import PER_SYMBOL, distinct_bars
from tests.chaos.harness import Reconciliation, running_harness
from tests.support.waiting import eventually


def share(*, bars: int) -> tuple[Mapping[str, int], Reconciliation]:
    """Send bars through a plain Celery app.

    Returns:
        How many bars each worker took, and the reconciliation.
    """
    with running_harness(fast=True, symbols=bars // PER_SYMBOL) as harness:
        from config.settings import settings

        client = Celery(broker=settings().celery_broker_url)
        workers = {"fast": {}, "stock": {"FAST_LANE": "0"}}
        for name, environment in workers.items():
            harness.processes.worker(name, "--pool", "solo", **environment)
        for each in distinct_bars(bars):
            client.send_task("tasks.process_agg", [each], queue="aggs")
        harness.drain(seconds=600)
        eventually(lambda: len(client.control.inspect().stats() or {}) == len(workers))
        stats = client.control.inspect().stats() or {}
        taken = {name.partition("@")[0]: sum(each["total"].values()) for name, each in stats.items()}
        return taken, harness.reconcile(distinct_bars(bars))
