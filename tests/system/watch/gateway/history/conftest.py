"""A gateway on a machine where history is recorded."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.redis_server import RedisServer
from leaderboard.market.selection import Selection
from leaderboard.screens.screen import Screen
from tests.support.history.days import recorded
from tests.support.history.entries import batch
from tests.support.made_day import MadeDay, made_day
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


@pytest.fixture(scope="package")
def day(tmp_path_factory: pytest.TempPathFactory) -> MadeDay:
    """A day of 35 seconds from 09:29:50 on, with a screen."""
    losers = Screen("losers", "Losers", "", Selection.parse("pct_change_since_open", "ascending"))
    return made_day(tmp_path_factory.mktemp("past") / "history", 35, [losers])


@pytest.fixture(scope="package")
def past(redis_server: RedisServer, day: MadeDay) -> Iterator[Gateway]:
    """A gateway where it is recorded, for all tests that leave it running."""
    started = Gateway(day.history.parent, HISTORY_DIR=str(day.history))
    yield started
    started.stop()
