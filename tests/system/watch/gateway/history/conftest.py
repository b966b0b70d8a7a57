"""A gateway on a machine where history is recorded."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.redis_server import RedisServer
from tests.support.history.days import recorded
from tests.support.history.entries import batch
from tests.support.watch.gateways import Gateway


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """History with one recorded day, up to 09:32."""
    folder = tmp_path_factory.mktemp("recording") / "history"
    recorded(folder, batch(4, ("A", "09:31:00"), ("A", "09:31:01"), ("B", "09:31:00"), ("A", "09:32:00")))
    return folder


@pytest.fixture(scope="module")
def recording(redis_server: RedisServer, history: Path) -> Iterator[Gateway]:
    """A gateway there, for all tests of a module that leave it running."""
    started = Gateway(history.parent, HISTORY_DIR=str(history))
    yield started
    started.stop()
