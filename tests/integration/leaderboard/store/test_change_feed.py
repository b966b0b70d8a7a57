"""The change feed: what changed since a revision, for any number of readers."""

import random
from datetime import date
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import ResponseError

from leaderboard import keys
from leaderboard.reference import PreviousDay, Profile, Reference
from leaderboard.sessions import Phase, Session
from leaderboard.system import System
from tests.support.market import TODAY, bar
from tests.support.moved_clock import MONDAY
from tests.support.random_bars import market

KNOWN = Reference(PreviousDay(8, 9, 7, 8, 1000, 8.1), Profile(200.0, 5e6))
PRE, REGULAR = Session(TODAY, Phase.PRE), Session(TODAY, Phase.REGULAR)


def changes(redis: Redis, since: int = 0) -> dict[str, int]:
    pairs: Any = redis.zrange(keys.CHANGES, f"({since}", "+inf", byscore=True, withscores=True)
    return {symbol.decode(): int(revision) for symbol, revision in pairs}


def revision(redis: Redis) -> int:
    return int(redis.get(keys.REVISION) or 0)


def test_a_batch_puts_what_it_published_into_the_feed_at_one_revision(system: System, redis: Redis) -> None:
    # Given two symbols that a batch has applied
    system.process([bar("A", "09:30:05"), bar("B", "09:30:05"), bar("A", "09:30:06")])
    first = revision(redis)
    assert changes(redis) == {"A": first, "B": first}

    # When a batch applies a bar of one of them, receives the other's again, and has one of a new symbol
    system.process([bar("A", "09:30:07"), bar("B", "09:30:05"), bar("C", "09:30:05")])

    # Then only what was published has moved
    assert revision(redis) == first + 1
    assert changes(redis) == {"A": first + 1, "B": first, "C": first + 1}

    # And a batch that publishes nothing changes nothing
    system.process([bar("A", "09:30:07"), bar("B", "09:30:05")])
    assert revision(redis) == first + 1


def test_whoever_follows_the_feed_has_the_whole_market(system: System, redis: Redis) -> None:
    # Given a reader that looks now and then while a market's bars come in any order
    events, seen, last = market(random.Random(5), symbols=40, events=600), dict[str, Any](), 0
    symbols = {event["sym"] for event in events}
    system.process(events[:1])
    for start in range(1, len(events), 30):
        system.process(events[start : start + 30])
        new = changes(redis, last)
        last = max(new.values(), default=last)
        seen |= {symbol: redis.get(keys.quote(symbol)) for symbol in new}

    # Then it has the newest quote of each symbol
    assert seen == {symbol: redis.get(keys.quote(symbol)) for symbol in symbols}


def test_an_earlier_open_and_newer_reference_data_are_changes(system: System, redis: Redis) -> None:
    # Given two symbols in the feed
    system.process([bar("A", "09:30:05", o=9), bar("B", "09:30:05")])
    first = revision(redis)

    # When a stale bar brings an earlier open
    system.process([bar("A", "09:30:01", o=8)])
    assert changes(redis, first) == {"A": first + 1}

    # And when reference data comes for the other
    system.reference.learn(TODAY, {"B": KNOWN})
    assert changes(redis, first + 1) == {"B": revision(redis)}


def test_a_new_day_empties_the_feed_and_the_open_does_not(system: System, redis: Redis) -> None:
    # Given a symbol of the pre-market
    system.process([bar("A", "09:29:00")])

    # When the regular session begins
    system._store.roll(REGULAR)
    assert set(changes(redis)) == {"A"}
    before = revision(redis)

    # And then the next day, within a batch that also has a bar of the day before
    system.process([bar("B", "09:31:00"), bar("C", "04:00:00", MONDAY)])

    # Then only the new day's symbol is left, and revisions go on rising
    assert set(changes(redis)) == {"C"}
    assert revision(redis) > before


def test_a_moved_session_clock_keeps_the_feed_of_its_day_alone(system: System, redis: Redis) -> None:
    def move(to: Session) -> None:
        system.session_clocks.first.move(to, system.session_clocks.first.read())

    # Given a day's feed, when the clock is put back within the day, then all that is ranked again has changed
    system.process([bar("A", "09:29:00"), bar("B", "09:30:00")])
    before = revision(redis)
    move(PRE)
    assert set(changes(redis)) == {"A", "B"}
    assert set(changes(redis, before)) == {"A"}

    # When a corrupt bar has rolled it to another day and it is put back, then the feed is that of the rows
    system.process([bar("X", "10:00:00", date(2099, 6, 1))])
    assert set(changes(redis)) == {"X"}
    move(REGULAR)
    assert set(changes(redis)) == {"A", "B"}


def test_a_batch_that_failed_after_its_revision_changes_the_feed_again(limited: System, redis: Redis) -> None:
    # Given a batch that fails when it publishes
    redis.execute_command("ACL SETUSER", "limited", "+zadd", "-publish")
    with pytest.raises(ResponseError):
        limited.process([bar("A", "09:30:05")])
    read = revision(redis)

    # When it is applied, then a reader that has looked in between sees the symbol again
    redis.execute_command("ACL SETUSER", "limited", "+publish")
    limited.process([bar("A", "09:30:05")])
    assert changes(redis, read) == {"A": read + 1}
