"""Flower's commands to workers, while the broker is away."""

import threading
from pathlib import Path

import pytest
from celery import Celery
from kombu.exceptions import OperationalError
from kombu.pidbox import Mailbox

from deploy.redis_server import RedisServer
from tasks.flower.worker_commands import bound_retries


def test_a_command_fails_while_the_broker_is_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given Flower's commands, of which one was sent
    monkeypatch.delenv("CELERY_BROKER_URL", raising=False)
    monkeypatch.setattr(Mailbox, "producer_or_acquire", Mailbox.producer_or_acquire)
    bound_retries()
    server = RedisServer(tmp_path).start()
    app = Celery(broker=f"redis://127.0.0.1:{server.port}/1", set_as_current=False)
    app.control.enable_events()
    failed = threading.Event()

    def send() -> None:
        with pytest.raises(OperationalError):
            app.control.enable_events()
        failed.set()

    # When the broker stops, and another one is sent
    server.stop()
    threading.Thread(target=send, daemon=True).start()
    # Then it fails, and is not retried until the broker is back
    assert failed.wait(10)
