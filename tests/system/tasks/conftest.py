"""What tests of tasks' processes stand on."""

from collections.abc import Callable

import httpx
import pytest
from redis import Redis

from deploy.redis_server import free_port
from tests.support.processes import Processes
from tests.support.waiting import eventually


@pytest.fixture
def flower(processes: Processes, broker: Redis) -> Callable[..., httpx.Client]:
    """Starts a Flower and waits until it answers and hears events."""

    def start(*options: str, **environment: str) -> httpx.Client:
        port = free_port()
        command = ["celery", "-A", "tasks", "flower", f"--port={port}", "--address=127.0.0.1", *options]
        processes.start("flower", *command, **environment)
        processes.await_log("flower", "Visit me at")
        eventually(lambda: broker.pubsub_numpat() > 0 or broker.pubsub_channels("*celeryev*"))
        return httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=20)

    return start
