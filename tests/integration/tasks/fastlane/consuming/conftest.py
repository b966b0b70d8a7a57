"""What tests of the consuming side stand on."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import pytest
from celery import Celery
from celery.contrib.testing.worker import start_worker
from celery.worker import state
from kombu import Queue
from redis import Redis

from config.settings import settings
from tests.support.batch_tasks import QUEUE, Recorder


@pytest.fixture(scope="session")
def one_app() -> Celery:
    """One for all tests: what a task sends goes by the app that was first in the process."""
    app = Celery("batches", set_as_current=False)
    app.conf.update(
        broker_url=settings().celery_broker_url,
        task_queues=[Queue(QUEUE)],
        task_default_queue=QUEUE,
        worker_prefetch_multiplier=2000,
        broker_transport_options={"client_name": QUEUE},
        worker_send_task_events=True,
        task_send_sent_event=True,
    )

    @app.task(name="note", base=Recorder)
    def note(value: Any) -> None:
        note.singles.append(value)

    @app.task(name="retry", base=Recorder, bind=True, max_retries=3)
    def retry(self: Any, countdown: float) -> None:
        note.singles.append(self.request.retries)
        if self.request.retries < 3:
            raise self.retry(countdown=countdown)

    @app.task(name="follow", ignore_result=True)
    def follow(value: Any) -> None:
        note.singles.append(("follow", value))

    return app


@pytest.fixture
def app(one_app: Celery, redis: Redis) -> Celery:
    """An app of tasks that are run in batches, `note` and `retry`, and of one that is not, `follow`."""
    for name in ("note", "retry"):
        task: Any = one_app.tasks[name]
        task.batches, task.singles, task.dead_letters, task.transient = [], [], [], []
        task.backoff, task.rate_limit = Recorder.backoff, None
    return one_app


@pytest.fixture
def note(app: Celery) -> Any:
    return app.tasks["note"]


@pytest.fixture
def worker(app: Celery) -> Iterator[Callable[[], AbstractContextManager[Any]]]:
    """Starts a worker of the app's in this process."""
    yield partial(start_worker, app, pool="solo", perform_ping_check=False, shutdown_timeout=30, queues=[QUEUE])
    state.revoked.clear()
