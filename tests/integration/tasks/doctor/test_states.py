"""Broken states of boards and queues, on a real Redis, each named."""

import json
import time
from collections.abc import Iterable
from datetime import timedelta

import pytest
from celery import Celery
from redis import Redis

from config.settings import Settings, settings
from leaderboard import keys
from leaderboard.boards import BOARDS
from leaderboard.reference import PreviousDay, Reference
from leaderboard.sessions import Phase, Session, next_trading_day, session_of
from leaderboard.system import System
from tasks.doctor.checks import letters, publishing, queue_state, reference_data, shared_keys, shown_session
from tasks.doctor.deployment import Deployment
from tasks.doctor.finding import Finding, Severity
from tests.support.findings import said
from tests.support.market import TODAY, bar, trade_three

#: A deployment of the tests' own Redis, by the clock of the events.
EVENTS = Deployment(settings(), {})
#: The same by the wall clock.
WALL = Deployment(settings().model_copy(update={"market_clock": "wall"}), {})


def wrong(findings: Iterable[Finding]) -> str:
    return "; ".join(said(findings, Severity.WRONG))


def odd(findings: Iterable[Finding]) -> str:
    return "; ".join(said(findings, Severity.WARNING))


def test_nothing_at_all_is_no_traceback(redis: Redis) -> None:
    for check in (letters, reference_data, queue_state):
        assert not wrong(check.check(EVENTS))
    assert not wrong(shared_keys.check(EVENTS.boards))
    assert not wrong(shown_session.check(EVENTS, EVENTS.boards))
    assert wrong(publishing.check(EVENTS)) == "nobody has ever come to publish"


def test_boards_that_are_published(redis: Redis, system: System) -> None:
    trade_three(system)
    system.publish()
    redis.hset(keys.SCREENS_STATE, "published_at", int(time.time() * 1000))
    findings = list(publishing.check(EVENTS))
    assert not wrong(findings)
    assert "volume: 3 rows of 3 symbols" in said(findings, Severity.OK)


def test_screens_that_stand_still(redis: Redis, system: System) -> None:
    trade_three(system)
    system.publish()
    redis.hset(keys.SCREENS_STATE, "published_at", int(time.time() * 1000) - 60_000)
    assert "the screens have stood still for 60 s" in wrong(publishing.check(EVENTS))


def test_nobody_publishes(redis: Redis, system: System) -> None:
    trade_three(system)
    system.publish()
    redis.hset(keys.SNAPSHOT, "attempted_at", 1_000)
    assert "nobody has come to publish for" in wrong(publishing.check(EVENTS))


def test_a_board_that_somebody_wrote(redis: Redis, system: System) -> None:
    trade_three(system)
    system.publish()
    redis.set(BOARDS[0].scanner, "[1, 2")
    redis.set(BOARDS[1].scanner, json.dumps([{"rank": 2, "symbol": "A"}]))
    found = wrong(publishing.check(EVENTS))
    assert f"the key {BOARDS[0].scanner} does not hold a JSON array of rows" in found
    assert f"{BOARDS[1].scanner}: its ranks are not" in found


def test_quotes_that_are_gone(redis: Redis, system: System) -> None:
    trade_three(system)
    redis.delete(keys.quote("AAPL"), keys.quote("MSFT"))
    system.publish()
    assert "has 1 rows, and 3 symbols should be on it" in odd(publishing.check(EVENTS))


def test_keys_of_a_wrong_type(redis: Redis) -> None:
    redis.set(keys.RECORDS, "junk")
    redis.set(keys.REVISION, "junk")
    found = wrong(shared_keys.check(EVENTS.boards))
    assert "leaderboard:records is of type string, not hash" in found
    assert "leaderboard:revision does not hold a number" in found


def test_a_totals_key_of_a_wrong_type_stops_no_other_finding(redis: Redis, system: System) -> None:
    system.publish()
    redis.set(keys.TOTALS, "junk")
    assert said(publishing.check(EVENTS), Severity.OK)
    assert "leaderboard:totals is of type string" in wrong(shared_keys.check(EVENTS.boards))


def test_a_session_clock_that_is_ahead(redis: Redis) -> None:
    seconds, _ = redis.time()
    present = session_of(seconds * 1000)
    redis.set(keys.SESSION, present.number)
    assert not wrong(shown_session.check(WALL, WALL.boards))

    ahead = Session(next_trading_day(present.day + timedelta(days=3)), Phase.REGULAR)
    redis.set(keys.SESSION, ahead.number)
    assert f"they show {ahead}, and it is {present}" in wrong(shown_session.check(WALL, WALL.boards))
    # Where bars tell the time, that is none of our business.
    assert not wrong(shown_session.check(EVENTS, EVENTS.boards))


def test_a_session_clock_that_holds_junk(redis: Redis) -> None:
    redis.set(keys.SESSION, "99999999")
    assert "no bar can be applied" in wrong(shown_session.check(EVENTS, EVENTS.boards))


def test_dead_letters(redis: Redis, system: System) -> None:
    system.process([bar("A", "10:00:00", c=None)])
    assert "1 in the last hour, 1 kept: 1 x close" in odd(letters.check(EVENTS))
    system.process([bar("A", "10:00:00", c=None)] * 70)
    assert "71 in the last minute" in wrong(letters.check(EVENTS))


def test_a_queue_that_is_backed_up(redis: Redis, broker: Redis, client: Celery) -> None:
    for queue, count in (("aggs", 20_001), ("clock", 11)):
        broker.lpush(queue, *["x"] * count)
    findings = list(queue_state.check(EVENTS))
    assert "20,001 messages wait in aggs" in wrong(findings)
    assert "11 messages wait in clock" in odd(findings)


def test_messages_that_nobody_takes(redis: Redis, broker: Redis, client: Celery) -> None:
    # Given a queue that is misspelt, and a task that is
    client.send_task("tasks.process_agg", [bar("A", "10:00:00")], queue="agg")
    client.send_task("tasks.proces_agg", [bar("A", "10:00:00")], queue="aggs")
    client.send_task("tasks.process_agg", [bar("A", "10:00:00")], queue="aggs", priority=3)

    # Then both are named, and nothing else
    found = odd(queue_state.check(EVENTS))
    assert "no queue of this system: agg (1)" in found
    assert "messages in aggs that it does not run: tasks.proces_agg" in found


def test_messages_in_flight_that_nobody_puts_back(redis: Redis, broker: Redis) -> None:
    broker.hset("unacked", "tag", "message")
    broker.zadd("unacked_index", {"tag": 1_000})
    assert "1 messages are in flight, the oldest for" in odd(queue_state.check(EVENTS))


def test_a_queue_of_a_wrong_type(redis: Redis, broker: Redis) -> None:
    broker.set("aggs", "junk")
    with pytest.raises(Exception, match="the key 'aggs' is a string, and has to be a list"):
        list(queue_state.check(EVENTS))


def test_reference_data_that_is_missing(redis: Redis, system: System) -> None:
    # Given a symbol without a previous close
    system.process([bar("A", "10:00:00")])
    assert "1 of the 1 symbols with the greatest volume have no previous close" in wrong(
        reference_data.check(EVENTS)
    )

    # When it comes, and there is a source that has not warmed the day
    system.reference.learn(TODAY, {"A": Reference(PreviousDay(close=9.0))})
    redis.set(keys.REFERENCE_SOURCED, 1)
    findings = list(reference_data.check(EVENTS))

    # Then only the latter is odd
    assert not wrong(findings)
    assert odd(findings) == "the market was not warmed for this day"


def test_the_url_of_another_redis_is_not_asked(redis: Redis) -> None:
    """What the checks read is that of the deployment, not that of the process."""
    redis.set(keys.RECORDS, "junk")
    other = Deployment(Settings(redis_url=settings().redis_url.replace("/0", "/5")), {})
    assert not wrong(shared_keys.check(other.boards))
