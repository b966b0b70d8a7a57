"""What fails for every bar is no bar's fault: workers keep all of them until it is right again, and say it."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from celery import Celery
from celery.contrib.testing.worker import TestWorkController
from celery.exceptions import Reject
from redis import Redis

from leaderboard import keys
from tasks import boards, event_task, process_agg, publish_snapshot, reset_day
from tasks.app import system
from tasks.backlog import drained
from tests.support.boards import assert_as_expected, scores
from tests.support.market import bar
from tests.support.oracle import expected
from tests.support.spoiled_keys import BARS, JUNK, NEEDED, SPARED, spoil
from tests.support.waiting import eventually


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries within moments, and a log that says each test's faults anew."""
    monkeypatch.setattr(event_task.EventTask, "backoff", (0.01, 0.2))
    monkeypatch.setattr(event_task, "PAUSE", 0.01)
    monkeypatch.setattr(event_task, "_throttle", type(event_task._throttle)())


@pytest.fixture
def denied(redis: Redis) -> Iterator[None]:
    """A server on which no script can count the revision up, which fails half-way; until the test ends."""
    redis.execute_command("ACL SETUSER", "default", "-incr")
    yield
    redis.execute_command("ACL SETUSER", "default", "+incr")


def warnings(caplog: pytest.LogCaptureFixture, about: str) -> list[str]:
    return [each.getMessage() for each in caplog.records if about in each.getMessage()]


def failed_calls(redis: Redis) -> int:
    return int(redis.info("commandstats").get("cmdstat_evalsha", {}).get("failed_calls", 0))


FAULTS: dict[str, Callable[[Redis], object]] = {
    **{key: lambda redis, key=key, kind=kind: spoil(redis, key, kind) for key, kind in NEEDED.items()},  # type: ignore[misc]
    "junk in " + keys.SESSION: JUNK[keys.SESSION],
    "junk in " + keys.REVISION: JUNK[keys.REVISION],
}


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize("fault", FAULTS)
def test_a_worker_keeps_its_bars_while_a_key_is_wrong(
    celery_app: Celery,
    celery_worker: TestWorkController,
    redis: Redis,
    caplog: pytest.LogCaptureFixture,
    fault: str,
) -> None:
    # Given a worker and a key of another type, or one that holds junk
    key = fault.split()[-1]
    FAULTS[fault](redis)

    # When bars come, then several attempts fail, and one line names the key
    process_agg.delay_many(BARS)
    before = failed_calls(redis)
    of_script = key != keys.REFERENCE_VERSIONS
    eventually(lambda: warnings(caplog, key) and (not of_script or failed_calls(redis) > before + 3))
    assert len(warnings(caplog, key)) == 1
    assert not redis.exists(keys.DEAD)

    # And once it is deleted all of them are on the boards
    redis.delete(key)
    eventually(lambda: scores(redis) == expected(BARS).boards)
    eventually(drained)
    assert_as_expected(redis, expected(BARS))
    assert not redis.exists(keys.DEAD)


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize("key", SPARED)
def test_a_worker_goes_on_whatever_the_type_of_other_keys(
    celery_app: Celery, celery_worker: TestWorkController, redis: Redis, key: str
) -> None:
    # Given a worker and a key of another type that bars do not need
    spoil(redis, key, SPARED[key])

    # When bars come, then all of them are on the boards
    process_agg.delay_many(BARS)
    eventually(lambda: scores(redis) == expected(BARS).boards)
    eventually(drained)
    assert_as_expected(redis, expected(BARS))
    redis.delete(key)


@pytest.mark.usefixtures("denied")
@pytest.mark.parametrize("bars", [BARS, BARS[:1]])
def test_a_worker_keeps_its_bars_while_the_script_fails_for_all_of_them(
    celery_app: Celery,
    celery_worker: TestWorkController,
    redis: Redis,
    caplog: pytest.LogCaptureFixture,
    bars: list[dict[str, object]],
) -> None:
    # Given a worker at a server that has the script fail half-way, when bars come
    before = failed_calls(redis)
    process_agg.delay_many(bars)

    # Then they are tried again and again, of which one line tells, and none becomes a dead letter
    most_at_once = 60 if len(bars) > 1 else 8
    eventually(lambda: warnings(caplog, "wait, and are retried") and failed_calls(redis) > before + most_at_once)
    assert len(warnings(caplog, "wait, and are retried")) == 1
    assert not redis.exists(keys.DEAD)

    # And once it lets them all are on the boards
    redis.execute_command("ACL SETUSER", "default", "+incr")
    eventually(lambda: scores(redis) == expected(bars).boards)
    eventually(drained)
    assert_as_expected(redis, expected(bars))
    assert not redis.exists(keys.DEAD)


@pytest.mark.parametrize("key", [keys.RECORDS, keys.DEAD])
def test_a_bar_by_itself_goes_back_while_a_key_is_wrong(
    redis: Redis, caplog: pytest.LogCaptureFixture, key: str
) -> None:
    # Given a key of another type, and a bar that needs it
    spoil(redis, key)
    event = {"sym": "A"} if key == keys.DEAD else BARS[0]

    # When it is run by itself, as without the fast lane, again and again
    for _ in range(20):
        with pytest.raises(Reject, match="True"):
            process_agg(event)

    # Then one line names the key
    assert len(warnings(caplog, key)) == 1


@pytest.mark.usefixtures("denied")
def test_a_bar_by_itself_goes_back_while_the_script_fails(redis: Redis) -> None:
    # Given a server that has the script fail, when bars are run by themselves, then they go back
    for event in BARS[:5] * 2:
        with pytest.raises(Reject):
            process_agg(event)

    # And no dead letter is kept
    assert not redis.exists(keys.DEAD)


@pytest.mark.parametrize("task", [publish_snapshot, reset_day])
def test_a_clock_worker_says_once_what_its_tasks_wait_for(
    redis: Redis, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, task: Any
) -> None:
    # Given boards, a wall clock, and a key of another type that publishing and resets need
    monkeypatch.setattr(boards, "_throttle", type(event_task._throttle)())
    monkeypatch.setattr(system(), "_follows_events", False)
    spoil(redis, keys.REVISION, "string")

    # When the schedule calls the task again and again, then one line names the key
    for _ in range(20):
        task()
    assert len(warnings(caplog, keys.REVISION)) == 1

    # And it does its work once the key is right again
    redis.delete(keys.REVISION)
    reset_day()
    assert redis.get(keys.REVISION) == b"1"


def test_a_recovery_is_said(
    celery_app: Celery, celery_worker: TestWorkController, redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    # Given a worker that keeps bars for a key's sake
    spoil(redis, keys.RECORDS)
    process_agg.delay(bar("A", "09:30:00"))
    eventually(lambda: warnings(caplog, keys.RECORDS))

    # When it is right again, then the log says so
    with caplog.at_level(logging.INFO):
        redis.delete(keys.RECORDS)
        eventually(lambda: warnings(caplog, "succeed again"))
