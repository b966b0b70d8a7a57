"""What the notifier's tests share: services that take messages, and notifiers in threads."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from redis import Redis

from leaderboard import keys
from tests.support.alerts import alert, fire
from tests.support.waiting import eventually
from tests.support.webhook import Webhook
from watch.notify import delivery, notifier
from watch.notify.delivery import Pace
from watch.notify.notifier import Notifier
from watch.notify.status import Status
from watch.notify.target import Target

#: Messages follow each other at once.
PACE = Pace(interval=0.0, max_age=900.0)

Notifying = Callable[..., AbstractContextManager[Status]]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attempts follow each other quickly."""
    monkeypatch.setattr(delivery, "WAIT", 0.05)
    monkeypatch.setattr(delivery, "RETRY", 0.02)
    monkeypatch.setattr(delivery, "LONGEST_RETRY", 0.1)
    monkeypatch.setattr(notifier, "RENEWAL", 0.05)
    monkeypatch.setattr(notifier, "RETRY", 0.05)
    monkeypatch.setattr(notifier, "WAIT", 0.05)


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    started = Webhook()
    yield started
    started.stop()


@pytest.fixture
def other() -> Iterator[Webhook]:
    """Another service."""
    started = Webhook()
    yield started
    started.stop()


@pytest.fixture
def notifying(redis: Redis, tmp_path: Path) -> Notifying:
    """Runs a notifier, which at its end is stopped as SIGTERM does, until it knows where it begins."""

    @contextmanager
    def run(*webhooks: Webhook, pace: Pace = PACE, awaits: bool = True) -> Iterator[Status]:
        targets = [Target(number, each.url) for number, each in enumerate(webhooks, 1)]
        status, stop = Status([target.name for target in targets]), threading.Event()
        thread = threading.Thread(
            target=Notifier(redis, targets, status, pace, tmp_path / "heartbeat").run, args=[stop]
        )
        thread.start()
        try:
            if awaits:
                eventually(lambda: all(redis.hexists(keys.NOTIFIER_POSITIONS, each.key) for each in targets))
            yield status
        finally:
            stop.set()
            thread.join(10)
            assert not thread.is_alive()

    return run


@pytest.fixture
def fires(redis: Redis) -> Callable[..., None]:
    """Fires an alert now, or some seconds ago, for each of some symbols."""

    def fire_now(*symbols: str, ago: float = 0.0) -> None:
        seconds, microseconds = redis.time()
        at = seconds * 1000 + microseconds // 1000 - round(ago * 1000)
        fire(redis, *(alert(symbol, at=at) for symbol in symbols))

    return fire_now
