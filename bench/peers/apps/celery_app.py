"""Celery, over kombu's transport or over that of celery-redis-plus where this is installed."""

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any

from celery import Celery

from bench.peers.settings import Settings
from bench.peers.work import TASKS

_settings = Settings.read()
_PLUS = find_spec("celery_redis_plus") is not None
#: What the documentation advises for tasks that are many and short.
_PREFETCHED = 64

app = Celery("peers", broker=_settings.broker)
app.conf.update(
    task_ignore_result=True,
    task_acks_late=_settings.safe,
    task_reject_on_worker_lost=_settings.safe,
    worker_prefetch_multiplier=_PREFETCHED,
)
if _PLUS:
    app.conf.broker_transport = "celery_redis_plus.transport:Transport"
if _settings.timeout:
    options: dict[str, float] = {"visibility_timeout": _settings.timeout}
    if not _PLUS:
        # By default workers look for lost messages every 100 seconds, and one that is killed then bars the others
        # for 300.
        options |= {"unacked_restore_interval": 1, "unacked_restore_throttle": 1, "unacked_mutex_expire": 1}
    app.conf.broker_transport_options = options

_tasks = {name: app.task(name=name)(function) for name, function in TASKS.items()}


def _delay(name: str, arguments: Sequence[Any]) -> None:
    task = _tasks[name]
    for argument in arguments:
        task.delay(argument)


def _batch(name: str, arguments: Sequence[Any]) -> None:
    task = _tasks[name]
    pool: Any = app.producer_pool
    with pool.acquire(block=True) as producer, producer.batch():
        assert producer.supports_batch_publish
        for argument in arguments:
            task.apply_async((argument,), producer=producer)


SENDERS: dict[str, Callable[[str, Sequence[Any]], None]] = {"delay": _delay, "Producer.batch": _batch}
