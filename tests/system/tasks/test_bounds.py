"""Messages on the queue of bars that are too large or invalid."""

import json
from typing import Any

import pytest
from celery import Celery
from celery.contrib.testing.worker import TestWorkController
from kombu.exceptions import EncodeError
from redis import Redis

from config.celery import AGGS
from leaderboard import keys
from leaderboard.reason_kind import ReasonKind
from leaderboard.store.dead_letters import MAX_PAYLOAD
from leaderboard.system import System
from tasks import process_agg
from tasks.fastlane.sending.errors import UnencodableError
from tasks.message_limits import MAX_BODY
from tests.support.boards import assert_as_expected, totals
from tests.support.market import bar
from tests.support.messages.hostile import HOSTILE, call, envelope
from tests.support.oracle import expected
from tests.support.processes import Processes
from tests.support.waiting import eventually


def _is_done(broker: Redis) -> bool:
    return not broker.llen(AGGS) and not broker.hlen("unacked")


def _assert_refused(system: System, redis: Redis, names: list[str], bars: list[dict[str, Any]]) -> None:
    letters = list(system.dead_letters)
    assert len(letters) == len(names)
    for name in names:
        _, reason = HOSTILE[name]
        assert any(reason in letter.reason for letter in letters), (name, [letter.reason for letter in letters])
    assert max(len(letter.payload) + len(letter.reason) for letter in letters) < 2 * MAX_PAYLOAD
    assert all(json.loads(letter.payload) for letter in letters if letter.payload != '""')
    counted = totals(redis)
    assert counted.dead == sum(counted.dead_by_kind.values()) == len(names)
    assert counted.dead_by_kind[ReasonKind.UNKNOWN] == 0
    assert counted.dead_by_kind[ReasonKind.SIZE] > 0
    assert_as_expected(redis, expected(bars))


def test_what_is_hostile_is_refused_among_bars(
    celery_app: Celery, celery_worker: TestWorkController, broker: Redis, redis: Redis, system: System
) -> None:
    # Given every kind of hostile message among bars, in one fetch
    bars = [bar(f"S{n}", "09:30:00", close=10 + n) for n in range(len(HOSTILE))]
    messages = [
        each for one, (raw, _) in zip(bars, HOSTILE.values(), strict=True) for each in (envelope(call(one)), raw)
    ]
    broker.lpush(AGGS, *messages)

    # Then each is a dead letter of a bounded size, and counted; all bars are applied, and nothing comes back
    eventually(lambda: _is_done(broker))
    _assert_refused(system, redis, list(HOSTILE), bars)


def test_what_is_hostile_is_refused_without_the_fast_lane(
    broker: Redis, redis: Redis, system: System, processes: Processes
) -> None:
    # Given the same, for stock's transport
    names = list(HOSTILE)
    bars = [bar(f"S{n}", "09:30:00", close=10 + n) for n in range(len(names))]
    broker.lpush(
        AGGS,
        *(each for one, name in zip(bars, names, strict=True) for each in (envelope(call(one)), HOSTILE[name][0])),
    )

    # When one of its workers starts
    processes.worker("stock", "--pool", "solo", FAST_LANE="0")

    # Then it is the same; stock Celery records a message as in flight a moment after it took it
    eventually(lambda: _is_done(broker) and len(system.dead_letters) == len(names))
    _assert_refused(system, redis, names, bars)
    assert processes.alive("stock")


def test_what_is_hostile_comes_back_where_it_cannot_be_kept(
    celery_app: Celery, celery_worker: TestWorkController, broker: Redis, redis: Redis, system: System
) -> None:
    # Given dead letters that cannot be written
    redis.set(keys.DEAD, "somebody else's")
    broker.lpush(AGGS, *(HOSTILE[name][0] for name in ("unknown task", "pickle")))
    broker.lpush(AGGS, envelope(call(bar("GOOD", "09:30:00"))))
    eventually(lambda: redis.exists(keys.row("GOOD")))
    # In one step: they go from the one to the other and back.
    both: Any = broker.pipeline()
    assert sum(both.llen(AGGS).hlen("unacked").execute()) > 0

    # When they can
    redis.delete(keys.DEAD)

    # Then nothing was lost
    eventually(lambda: _is_done(broker) and len(system.dead_letters) == 2)


def test_a_producer_is_told_that_an_event_is_too_large(broker: Redis) -> None:
    large = bar("A", "09:30:00", note="x" * MAX_BODY)

    with pytest.raises(EncodeError, match=r"the arguments take 32,\d{3} bytes, and 32,768 at most are sent"):
        process_agg.delay(large)
    with pytest.raises(UnencodableError, match="32,768 at most"):
        process_agg.delay_many([bar("A", "09:30:00"), large])

    # What came before it is sent
    assert broker.llen(AGGS) == 1


def test_a_long_dead_letter_tells_its_size(system: System) -> None:
    system.process([{"sym": "A", "note": "x" * 100_000}, {"sym": "A", "note": "x" * 1_000}])

    long, short = system.dead_letters
    assert len(long.payload) < 1_100
    assert json.loads(long.payload).endswith("xxx... (100,024 characters)")
    assert json.loads(short.payload) == {"sym": "A", "note": "x" * 1_000}
