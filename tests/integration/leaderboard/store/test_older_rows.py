"""Rows that lack fields, as those of a release that had fewer do: understood, refreshed and completed."""

import struct
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from redis import Redis

from leaderboard import keys
from leaderboard.fields import NAMES
from leaderboard.reference import PreviousDay, Profile, Reference
from leaderboard.system import System
from tests.support.boards import assert_as_expected
from tests.support.market import TODAY, bar
from tests.support.oracle import expected
from tests.support.random_bars import columns

KNOWN = Reference(PreviousDay(8, 9, 7, 8, 1000, 8.1), Profile(200.0, 5e6))
BARS = [bar("A", "09:30:05", close=12, o=11.5, h=13, l=11, op=11.25, a=11.75, z=87)]
EARLIER = bar("A", "09:30:01", close=9, o=8.5)
#: Fields that are 0 in the bars' row, as a new one is in those of the release before.
UNKNOWN = ("free_float", "avg_volume", "relative_volume", "prev_day_open", "prev_day_high", "prev_day_low")


def forget(redis: Redis, fields: Sequence[str], quote: bool = False) -> None:
    """Take fields out of the row of A, and out of its quote."""
    redis.hdel(keys.row("A"), *fields)
    if quote:
        held: dict[str, Any] = msgspec.json.decode(redis.get(keys.quote("A")) or b"")
        rest = {name: value for name, value in held.items() if name not in fields}
        redis.set(keys.quote("A"), msgspec.json.encode(rest))


@pytest.mark.parametrize("field", NAMES)
@pytest.mark.parametrize("learned", [KNOWN, Reference()])
def test_a_row_that_lacks_a_field_is_made_anew_with_reference_data(
    system: System, redis: Redis, field: str, learned: Reference
) -> None:
    # Given a row that lacks a field
    system.process(BARS)
    forget(redis, [field])

    # When reference data comes, also where it says nothing new, then the row is whole
    system.reference.learn(TODAY, {"A": learned})
    assert_as_expected(redis, expected(BARS, {"A": columns(learned)}))


@pytest.mark.parametrize("field", NAMES)
def test_a_row_that_lacks_a_field_takes_an_earlier_open(system: System, redis: Redis, field: str) -> None:
    # Given a row that lacks a field
    system.process(BARS)
    forget(redis, [field])

    # When an earlier bar comes, and one that is the newest's like
    assert system.process([EARLIER]).applied == 1
    system.process(BARS)

    # Then the row is whole, and has the earlier open
    assert_as_expected(redis, expected([*BARS, EARLIER]))


@pytest.mark.parametrize("junk", ["abc", "", "nan", "1e999", "0x10", " 5", b"\xff"])
@pytest.mark.parametrize("field", ["close", "free_float", "end_timestamp"])
def test_what_is_no_number_in_a_row_counts_as_lacking(
    system: System, redis: Redis, field: str, junk: str | bytes
) -> None:
    # Given a row in which somebody has written what is no number
    system.process(BARS)
    redis.hset(keys.row("A"), field, junk)

    # When an earlier bar comes, and one that is the newest's like, then it is whole again
    assert system.process([EARLIER]).applied == 1
    system.process(BARS)
    assert_as_expected(redis, expected([*BARS, EARLIER]))

    # And so it is when reference data comes
    redis.hset(keys.row("A"), field, junk)
    system.reference.learn(TODAY, {"A": KNOWN, "B": KNOWN})
    assert_as_expected(redis, expected([*BARS, EARLIER], {"A": columns(KNOWN)}))


@pytest.mark.parametrize("then", ["learn", "earlier", "again", "newer"])
def test_a_row_of_an_older_release_is_completed(system: System, redis: Redis, then: str) -> None:
    # Given a row and a quote that lack what their release did not have, made by another digest than today's
    system.process(BARS)
    forget(redis, UNKNOWN, quote=True)
    record: Any = redis.hget(keys.RECORDS, "A")
    redis.hset(keys.RECORDS, "A", record[:40] + b"0123456789abcdef" + record[56:])

    # When it is met in any way
    bars, known = [*BARS], {}
    if then == "learn":
        system.reference.learn(TODAY, {"A": KNOWN})
        known = {"A": columns(KNOWN)}
    elif then == "again":
        system.process(BARS)
        bars.append(bar("A", "09:30:06", close=13))
        system.process(bars[-1:])
    else:
        bars.append(EARLIER if then == "earlier" else bar("A", "09:30:06", close=13))
        system.process(bars[-1:])

    # Then it has all fields, in their order
    assert_as_expected(redis, expected(bars, known))
    assert tuple(msgspec.json.decode(redis.get(keys.quote("A")) or b"")) == NAMES


def test_the_days_bars_redelivered_complete_a_row_of_an_older_release(system: System, redis: Redis) -> None:
    # Given a row whose newest bar is of after hours, and a record that counts these among the regular hours
    bars = [*BARS, bar("A", "16:00:05", close=13, h=14)]
    system.process(bars)
    forget(redis, NAMES[26:], quote=True)
    record: Any = redis.hget(keys.RECORDS, "A")
    newest = record[:24] + struct.pack("<d", 1) + record[32:40] + b"0123456789abcdef"
    # It ends with the open of the regular session.
    end = record.index(b"\x0011.5\0", 40) + len(b"\x0011.5\0")
    redis.hset(keys.RECORDS, "A", newest + record[56:end])

    # When the day's bars are redelivered and none is newer
    system.process(bars)

    # Then the row is that of all of them
    assert_as_expected(redis, expected(bars))


def test_a_row_that_is_gone_with_its_quote_comes_back_with_the_next_bar(system: System, redis: Redis) -> None:
    # Given a symbol of which there is no row and no quote any more
    system.process(BARS)
    redis.delete(keys.row("A"), keys.quote("A"))

    # When reference data comes and an earlier bar, then nothing fails
    system.reference.learn(TODAY, {"A": KNOWN})
    assert system.process([EARLIER]).stale == 1

    # And the next bar brings all of it
    later = bar("A", "09:30:06", close=13)
    system.process([later])
    assert_as_expected(redis, expected([*BARS, EARLIER, later], {"A": columns(KNOWN)}))
