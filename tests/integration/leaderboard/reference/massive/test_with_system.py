"""The Massive REST API as the source of the system and its tasks."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import Celery
from celery.contrib.testing.worker import TestWorkController
from pydantic import ValidationError
from redis import Redis

from config.settings import Settings, settings
from leaderboard import keys
from leaderboard.clock import Clock
from leaderboard.reference.csv_source import CsvSource
from leaderboard.reference.massive import api
from leaderboard.reference.massive.source import MassiveSource
from leaderboard.shards import Shards
from leaderboard.system import System
from tasks import process_agg, warm_reference
from tasks.app import system as system_of_tasks
from tasks.backlog import drained
from tests.support.boards import row, scores
from tests.support.market import TODAY, bar
from tests.support.massive.market import AVERAGE, MassiveSources
from tests.support.massive.rest import Listing, MassiveRest
from tests.support.waiting import eventually


def test_rows_are_made_anew_when_the_market_is_warmed(
    replay_settings: Settings, massive_server: MassiveRest, massive_source: MassiveSources, redis: Redis
) -> None:
    # Given rows made without reference data
    system = System(Shards([redis]), Clock(redis), replay_settings, massive_source())
    system.process([bar("A", "09:30:00", close=12, av=400), bar("OTC", "09:30:00", close=12)])
    massive_server.listings["OTC"] = Listing(in_bulk=False)
    assert scores(redis)["gappers"] == {"A": 0, "OTC": 0}

    # When the market is warmed
    assert system.reference.warm().symbols == 2

    # Then they are made with what the service knows
    assert row(redis, "A")["pct_change"] == scores(redis)["gappers"]["A"] == 20
    assert row(redis, "A")["relative_volume"] == 400 / AVERAGE
    assert row(redis, "A")["free_float"] == 5e6

    # When what it lacked is fetched, with a name that nobody knows
    system.process([bar("NONE", "09:30:01", close=12)])
    massive_server.calls.clear()
    assert system.reference.fetch_requested().symbols == 3

    # Then one call was for a single symbol, and its row is made anew
    assert massive_server.calls == {"snapshot": 1, "float": 1, "range": 1}
    assert scores(redis)["gappers"] == {"A": 20, "OTC": 20, "NONE": 0}

    # And that nobody knows the other is remembered
    assert not system.process([bar("NONE", "09:30:02", close=13), bar("OTC", "09:30:02", close=13)]).fetch
    assert redis.get(keys.previous_day("NONE", TODAY)) == b"null"


@pytest.fixture
def massive_settings(massive_server: MassiveRest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The tasks' settings name the server; their key is the wrong one."""
    monkeypatch.setenv("MASSIVE_API_KEY", "sesame-open")
    monkeypatch.setenv("MASSIVE_REST_URL", massive_server.url)
    monkeypatch.setenv("MASSIVE_CALLS_PER_SECOND", "100")
    settings.cache_clear()
    system_of_tasks.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()
    system_of_tasks.cache_clear()


def test_a_task_warms_the_market(
    massive_settings: None,
    celery_app: Celery,
    massive_server: MassiveRest,
    monkeypatch: pytest.MonkeyPatch,
    redis: Redis,
    celery_worker: TestWorkController,
) -> None:
    # Given the right key, and a worker
    massive_server.key = "sesame-open"

    # When a bar has come and the task is called
    process_agg.delay(bar("A", "09:30:00", close=12))
    eventually(lambda: row(redis, "A"))
    warm_reference.delay()

    # Then the row is made anew, whatever day it is
    eventually(lambda: row(redis, "A")["pct_change"] == 20)
    eventually(lambda: row(redis, "A")["free_float"] == 5e6)
    assert sum(massive_server.calls.values()) < 40


def test_a_task_whose_key_is_refused_is_not_tried_again(
    massive_settings: None,
    celery_app: Celery,
    massive_server: MassiveRest,
    redis: Redis,
    celery_worker: TestWorkController,
    caplog: pytest.LogCaptureFixture,
) -> None:
    # When a market is to be warmed with a key that is refused, and symbols are to be fetched
    warm_reference.delay()
    process_agg.delay(bar("A", "09:30:00", close=12))

    # Then the calls end, and one line of all says so
    eventually(lambda: redis.exists(keys.REFERENCE_WANTED) and drained())
    eventually(lambda: caplog.text)
    eventually(lambda: not Redis.from_url(settings().celery_broker_url).exists("reference", "unacked"))
    assert sum(massive_server.calls.values()) == 1
    assert [each.name for each in caplog.records if each.levelno >= logging.WARNING] == [api.__name__]
    assert "sesame-open" not in caplog.text


def test_a_file_that_is_named_counts(redis_url: str, tmp_path: Path) -> None:
    path = tmp_path / "reference.csv"
    path.write_text("symbol\n")

    both = System.from_settings(Settings(redis_url=redis_url, massive_api_key="k", reference_file=path))
    key = System.from_settings(Settings(redis_url=redis_url, massive_api_key="k"))

    assert isinstance(both.reference._source, CsvSource)
    assert isinstance(key.reference._source, MassiveSource)


@pytest.mark.parametrize("key", ["open sesame", "sesame\n", "sésame"])
def test_a_key_that_no_header_can_hold_is_refused_and_not_shown(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASSIVE_API_KEY", key)
    settings.cache_clear()

    with pytest.raises(SystemExit) as stop:
        settings()
    settings.cache_clear()
    assert str(stop.value).startswith("Wrong setting MASSIVE_API_KEY: ")
    assert key.strip() not in str(stop.value)


@pytest.mark.parametrize("url", ["api.massive.com", "ftp://api.massive.com", "https://api.massive.com/?x=1"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="massive_rest_url"):
        Settings(massive_rest_url=url)
