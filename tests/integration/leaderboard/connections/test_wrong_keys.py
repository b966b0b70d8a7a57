"""Keys of another type, or with junk where a number belongs: no bar is lost for it, and the key is named."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import ResponseError

from config.settings import Settings
from leaderboard import keys
from leaderboard.boards import BOARDS
from leaderboard.connections.redis_errors import is_transient
from leaderboard.connections.wrong_keys import find
from leaderboard.reference import PreviousDay, Profile, Reference
from leaderboard.system import System
from tests.support.boards import assert_as_expected
from tests.support.market import TODAY, bar
from tests.support.oracle import expected
from tests.support.random_bars import columns
from tests.support.spoiled_keys import BARS, JUNK, NEEDED, SPARED, spoil


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize(("key", "kind"), NEEDED.items())
def test_bars_wait_for_a_key_of_another_type(system: System, redis: Redis, key: str, kind: str) -> None:
    # Given a key of another type
    held = spoil(redis, key, kind)

    # When bars come, in a batch and one by one, then they fail for what may pass, and the error names the key
    for batch in (BARS, BARS[:1]):
        with pytest.raises(ResponseError, match=f"WRONGKEY {key} is of type {held}, not {kind}") as failure:
            system.process(batch)
        assert is_transient(failure.value)
    assert find(redis) == [f"{key} is of type {held}, not {kind}"]

    # And once it is deleted they are on the boards, and none is a dead letter
    redis.delete(key)
    system.process(BARS)
    assert_as_expected(redis, expected(BARS))
    assert not redis.exists(keys.DEAD)


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize(("key", "kind"), SPARED.items())
def test_bars_are_applied_whatever_the_type_of_other_keys(
    system: System, redis: Redis, key: str, kind: str
) -> None:
    # Given a key of another type, when bars come
    held = spoil(redis, key, kind)
    system.process(BARS)

    # Then they are on the boards, and the key is told
    assert_as_expected(redis, expected(BARS))
    assert find(redis) == [f"{key} is of type {held}, not {kind}"]
    assert key == keys.DEAD or not redis.exists(keys.DEAD)


@pytest.mark.parametrize("key", JUNK)
def test_bars_wait_for_a_key_that_holds_junk(system: System, redis: Redis, key: str) -> None:
    # Given junk where a number or a record belongs
    JUNK[key](redis)

    # When bars come, then they fail for what may pass, and the error names the key
    with pytest.raises(ResponseError, match=f"WRONGKEY {key} does not hold") as failure:
        system.process(BARS)
    assert is_transient(failure.value)
    with pytest.raises(ResponseError, match=f"WRONGKEY {key} does not hold"):
        system.process(BARS[7:8])

    # And once it is deleted they are on the boards
    redis.delete(key)
    system.process(BARS)
    assert_as_expected(redis, expected(BARS))
    assert not redis.exists(keys.DEAD)


@pytest.mark.parametrize("count", ["007", "-5", "9223372036854775807", "99999999999999999999"])
def test_a_revision_that_cannot_rise_has_nothing_written(system: System, redis: Redis, count: str) -> None:
    # Given boards, and then a revision that INCR does not take
    system.process(BARS[:100])
    redis.set(keys.REVISION, count)
    rest = {key: redis.dump(key) for key in redis.scan_iter() if key != keys.REVISION.encode()}

    # When bars come, also of the next session, then nothing is written, and the key is told
    for batch in (BARS, BARS[:1], [bar("S1", "09:30:00", TODAY.replace(day=23))]):
        with pytest.raises(ResponseError, match=f"WRONGKEY {keys.REVISION} does not hold"):
            system.process(batch)
    with pytest.raises(ResponseError, match=f"WRONGKEY {keys.REVISION} does not hold"):
        system.publish()
    assert rest == {key: redis.dump(key) for key in rest}
    assert find(redis) == [f"{keys.REVISION} does not hold a number of its kind"]

    # And once it is deleted they are on the boards
    redis.delete(keys.REVISION)
    system.process(BARS)
    assert_as_expected(redis, expected(BARS))


@pytest.mark.parametrize("field", ["slot", "revision", "published_at", "attempted_at"])
def test_a_snapshot_is_published_whatever_the_notes_about_the_last_hold(
    system: System, redis: Redis, field: str
) -> None:
    # Given junk in the notes, when boards are published
    system.process(BARS)
    redis.hset(keys.SNAPSHOT, field, "junk")

    # Then they are, and the notes are right again
    assert system.publish().result == "published"
    notes: Any = redis.hgetall(keys.SNAPSHOT)
    assert all(value.isdigit() for value in notes.values())


def test_totals_that_hold_junk_are_counted_no_further_and_told(system: System, redis: Redis) -> None:
    # Given junk in the totals
    redis.hset(keys.TOTALS, mapping={"applied": "junk", "published": "junk", "dead": "junk"})

    # When bars come, one of which is none, and boards are published
    system.process([*BARS, {}])
    assert system.publish().result == "published"

    # Then all is done, once, and the key is told
    assert_as_expected(redis, expected(BARS))
    assert len(system.dead_letters) == 1
    assert find(redis) == [f"{keys.TOTALS} does not hold a number of its kind"]


def test_a_bar_that_is_none_waits_for_the_stream_of_dead_letters(system: System, redis: Redis) -> None:
    # Given a stream of another type, when a batch with a bar that is none comes
    spoil(redis, keys.DEAD)
    with pytest.raises(ResponseError, match="WRONGKEY leaderboard:dead is of type string, not stream"):
        system.process([*BARS, {}])

    # Then it is kept once the stream is deleted
    redis.delete(keys.DEAD)
    system.process([*BARS, {}])
    assert len(system.dead_letters) == 1
    assert_as_expected(redis, expected(BARS))


@pytest.mark.usefixtures("asked")
def test_what_cannot_be_asked_for_is_said_once(
    system: System, redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    # Given a set of another type, when many batches lack reference data
    spoil(redis, keys.REFERENCE_WANTED)
    with caplog.at_level(logging.WARNING):
        for each in BARS:
            system.process([each])

    # Then one line says so, and others are asked for once it is right
    told = [record.message for record in caplog.records if "cannot be asked for" in record.message]
    assert len(told) == 1
    assert keys.REFERENCE_WANTED in told[0]
    redis.delete(keys.REFERENCE_WANTED)
    system.process([bar("NEW", "09:31:00")])
    assert redis.smembers(keys.REFERENCE_WANTED) == {b"NEW 20261120"}


@pytest.mark.parametrize(
    "key", [keys.SESSION, keys.REVISION, keys.RECORDS, keys.CHANGES, *(board.key for board in BOARDS)]
)
def test_the_session_rolls_whole_or_not_at_all(system: System, redis: Redis, key: str) -> None:
    # Given boards of a day, and then a key of another type
    system.process(BARS)
    redis.rename(key, "kept")
    redis.sadd(key, "somebody else's")
    rest: dict[str, Any] = {name: redis.dump(name) for name in NEEDED if name != key and redis.exists(name)}

    # When the next day's session is to begin, then nothing has changed
    later = bar("S1", "09:30:00", TODAY.replace(day=23))
    with pytest.raises(ResponseError, match=f"WRONGKEY {key}"):
        system.process([later])
    assert rest == {name: redis.dump(name) for name in rest}

    # And it begins once the key is right again
    redis.rename("kept", key)
    system.process([later])
    assert_as_expected(redis, expected([*BARS, later]))


@pytest.mark.parametrize("kind", ["string", "hash", "zset"])
@pytest.mark.parametrize("which", [keys.row, keys.quote])
def test_a_row_or_quote_of_another_type_is_replaced(
    system: System, redis: Redis, which: Callable[[str], str], kind: str
) -> None:
    # Given something of another type in the place of a symbol's row, or quote
    bars = [bar("A", "09:30:05", close=12), bar("B", "09:30:05", close=13)]
    system.process(bars)
    redis.delete(which("A"))
    if kind == "string":
        redis.set(which("A"), "somebody else's")
    elif kind == "hash":
        redis.hset(which("A"), "somebody", "else's")
    else:
        redis.zadd(which("A"), {"somebody else's": 1})

    # When the session's earliest bar comes, by which the row is made anew, and then a newer one
    for each in (bar("A", "09:30:01", o=8), bar("A", "09:30:09", close=14)):
        bars.append(each)
        assert system.process([each]).applied == 1

        # Then the rows, quotes and boards are the set's
        assert redis.hdel(keys.row("A"), "somebody") in (0, 1)
        assert_as_expected(redis, expected(bars))


def test_a_row_that_is_no_hash_is_made_anew_when_reference_data_comes(system: System, redis: Redis) -> None:
    # Given something of another type in the place of a row
    system.process([bar("A", "09:30:05", close=12)])
    redis.set(keys.row("A"), "somebody else's")

    # When reference data comes, then the row is there again, with it
    known = Reference(PreviousDay(close=8), Profile(free_float=5e6))
    system.reference.learn(TODAY, {"A": known})
    assert_as_expected(redis, expected([bar("A", "09:30:05", close=12)], {"A": columns(known)}))


@pytest.mark.parametrize(
    ("key", "spoil"),
    [
        (keys.SESSION, lambda redis: redis.set(keys.SESSION, "junk")),
        (keys.RECORDS, lambda redis: redis.hset(keys.RECORDS, "S7", "junk")),
        (keys.RECORDS, lambda redis: redis.set(keys.RECORDS, "somebody else's")),
        (keys.REFERENCE_VERSIONS, lambda redis: redis.set(keys.REFERENCE_VERSIONS, "somebody else's")),
    ],
)
def test_whoever_asks_for_reference_data_is_told_the_wrong_key(
    redis: Redis, replay_settings: Settings, tmp_path: Path, key: str, spoil: Callable[[Redis], Any]
) -> None:
    # Given symbols that are wanted, a source, and then a key that is wrong
    file = tmp_path / "reference.csv"
    file.write_text("symbol,prev_day_close\nS7,8\n")
    system = System.from_settings(replay_settings.model_copy(update={"reference_file": file}))
    system.process(BARS)
    spoil(redis)

    # When the market is read, or what is wanted, then the error names the key
    with pytest.raises(ResponseError, match=f"WRONGKEY {key} "):
        system.reference.warm(again=True)
    with pytest.raises(ResponseError, match=f"WRONGKEY {key} "):
        system.reference.fetch_requested()
