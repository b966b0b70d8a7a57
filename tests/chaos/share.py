"""A stock worker and one in the fast lane share the queue, and clients with nothing of ours feed it."""

from collections.abc import Mapping

from celery import Celery

from tests.chaos.grounds import Left, grounds
from tests.chaos.tape import PER_SYMBOL, tape
from tests.support.waiting import eventually


def share(*, bars: int) -> tuple[Mapping[str, int], Left]:
    """Send bars through a plain Celery app.

    Returns:
        How many bars each worker took, and what was left.
    """
    with grounds(fast=True, symbols=bars // PER_SYMBOL) as ground:
        from config.settings import settings

        client = Celery(broker=settings().celery_broker_url)
        workers = {"fast": {}, "stock": {"FAST_LANE": "0"}}
        for name, environment in workers.items():
            ground.processes.worker(name, "--pool", "solo", **environment)
        for each in tape(bars):
            client.send_task("tasks.process_agg", [each], queue="aggs")
        ground.drain(seconds=600)
        eventually(lambda: len(client.control.inspect().stats() or {}) == len(workers))
        stats = client.control.inspect().stats() or {}
        taken = {name.partition("@")[0]: sum(each["total"].values()) for name, each in stats.items()}
        return taken, ground.left(tape(bars))
