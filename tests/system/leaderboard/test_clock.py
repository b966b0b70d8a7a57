"""The time is that of the boards' Redis."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from celery import Celery
from celery.utils.imports import symbol_by_name
from kombu import Message
from redis import Redis

from config.settings import Settings
from deploy.redis_server import RedisServer
from leaderboard.clock import Clock
from leaderboard.reason_kind import ReasonKind
from leaderboard.system import System
from leaderboard.validation import Refused
from tasks import app
from tasks.autoscale import queue_probe
from tasks.autoscale.queue_probe import QueueProbe
from tasks.redis_clock_task import RedisClockRequest
from tests.support.moved_clock import library
from tests.support.processes import Processes


def server_time(redis: Redis) -> int:
    """Unix milliseconds."""
    seconds, microseconds = redis.time()
    return int(seconds * 1000 + microseconds // 1000)


@pytest.fixture
def ahead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RedisServer]:
    """A Redis whose machine is an hour ahead of this one."""
    preloaded = library()
    if preloaded is None:
        pytest.skip("needs libfaketime, of Debian's package faketime")
    with monkeypatch.context() as environment:
        environment.setenv("LD_PRELOAD", f"{preloaded}:{preloaded.parent.parent / 'libc.so.6'}")
        environment.setenv("FAKETIME", "+3600")
        environment.setenv("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        server = RedisServer(tmp_path / "ahead").start()
    yield server
    server.stop()


@pytest.fixture
def hour_ahead(ahead: RedisServer) -> Redis:
    return Redis.from_url(ahead.url())


def test_it_is_what_redis_says(redis: Redis) -> None:
    # When the time is asked
    before, told, after = server_time(redis), Clock(redis).now(), server_time(redis)

    # Then it lies between what Redis said before and after
    assert before - 100 <= told <= after + 100


def test_a_wrong_machine_is_told_of_once(hour_ahead: Redis, caplog: pytest.LogCaptureFixture) -> None:
    # Given a machine an hour behind its Redis
    telling = Clock(hour_ahead)

    # When it is asked for the time, again and again
    with caplog.at_level(logging.INFO):
        told = [telling.server_now() for _ in range(3)]

    # Then it tells that of Redis, and says so once
    assert abs(told[-1] - server_time(hour_ahead)) < 5_000
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "3600.0 s behind that of Redis" in caplog.text


def test_a_worker_that_is_behind_refuses_no_bar(hour_ahead: Redis, ahead: RedisServer) -> None:
    # Given a worker an hour behind
    system = System.from_settings(Settings(redis_url=ahead.url(), market_clock="wall"))

    # When a bar of now comes, and one that is a minute and a half ahead
    now = server_time(hour_ahead)
    bars = [{"sym": symbol, "c": 1, "s": at, "e": at} for symbol, at in (("A", now), ("B", now + 90_000))]
    done = system.process(bars)

    # Then the first is applied, and only the second a dead letter
    assert (done.applied, done.dead) == (1, 1)
    assert done.lags[0] < 5


def test_nothing_is_refused_for_an_answer_that_is_old(redis: Redis, redis_url: str) -> None:
    # Given a worker that asked some seconds ago, and was suspended since, its steady clock with it
    system = System.from_settings(Settings(redis_url=redis_url, market_clock="wall"))
    system.process([{"sym": "A", "c": 1}])
    system._clock._offset -= 120

    # When a bar of now comes
    now = server_time(redis)
    done = system.process([{"sym": "A", "c": 1, "s": now, "e": now}])

    # Then Redis is asked again before it is refused
    assert (done.applied, done.dead) == (1, 0)


def test_without_redis_the_last_answer_counts_on(ahead: RedisServer, hour_ahead: Redis) -> None:
    # Given a clock that has been told the time
    telling = Clock(hour_ahead)
    told = telling.now()

    # When Redis is gone
    ahead.stop()

    # Then it goes on from there
    assert 0 <= telling.server_now() - told < 60_000


def test_celery_goes_by_it(redis: Redis) -> None:
    assert abs(app.now().timestamp() * 1000 - server_time(redis)) < 5_000


def test_dead_letters_are_sent_again_by_it(hour_ahead: Redis, ahead: RedisServer, processes: Processes) -> None:
    # Given a letter with a bar of now, on a machine an hour behind
    now = server_time(hour_ahead)
    letter = Refused({"sym": "A", "c": 1, "s": now, "e": now}, "once wrong", ReasonKind.FUTURE)
    System.from_settings(Settings(redis_url=ahead.url())).dead_letters.add([letter])

    # When it is sent again, then it is not of the future
    environment = {"REDIS_URL": ahead.url(), "MARKET_CLOCK": "wall"}
    sent = processes.run("tasks", "dead", "resend", "--all", environment=environment)
    assert (sent.stdout, sent.returncode) == ("1 sent again, 0 kept\n", 0)


def test_the_age_of_a_bar_that_waits_goes_by_it(
    hour_ahead: Redis, client: Celery, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a bar that ended twenty seconds ago, and an autoscaler on a machine an hour behind
    ended = server_time(hour_ahead) - 20_000
    client.send_task("tasks.process_agg", [{"sym": "A", "c": 1, "s": ended, "e": ended}], queue="aggs")
    monkeypatch.setattr(queue_probe, "clock", lambda: Clock(hour_ahead))

    # When the queue is read, then the bar is that old
    assert QueueProbe(app, dated=True).read().age == pytest.approx(20, abs=15)


def test_every_task_goes_by_it() -> None:
    app.loader.import_default_modules()

    ours = [task for name, task in app.tasks.items() if name.startswith("tasks.")]

    assert len(ours) > 5
    assert all(issubclass(symbol_by_name(task.Request), RedisClockRequest) for task in ours)


class Ahead(Celery):
    """An app on a machine that is an hour behind its Redis."""

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(hours=1)


def test_what_waits_does_so_for_as_long_as_it_was_told() -> None:
    # Given a message that is to run in ten seconds, by the one clock
    ahead = Ahead(set_as_current=False)

    @ahead.task(name="tests.wait", shared=False)
    def task() -> None:
        pass

    headers = {"id": "1", "task": task.name, "eta": (ahead.now() + timedelta(seconds=10)).isoformat()}
    body = {"body": "[[], {}, {}]", "content_type": "application/json", "content_encoding": "utf-8"}
    message = Message(headers=headers, properties={}, delivery_info={}, accept={"application/json"}, **body)

    # When a worker receives it
    request = RedisClockRequest(message, app=ahead, task=task, hostname="here")

    # Then it is due in ten seconds, by the clock that the worker's timers have
    assert request.eta is not None
    assert abs((request.eta - datetime.now(UTC)).total_seconds() - 10) < 5
