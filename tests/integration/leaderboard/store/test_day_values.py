"""Highs, lows and the regular close of a symbol's day are of all its bars, in any order, also after failures."""

import random
from datetime import date
from itertools import permutations
from typing import Any

import msgspec
import pytest
from redis import Redis
from redis.exceptions import ResponseError

from leaderboard import keys
from leaderboard.fields import OF_DAY
from leaderboard.reference import PreviousDay, Profile, Reference
from leaderboard.sessions import Phase, Session
from leaderboard.system import System
from tests.support.boards import assert_as_expected, row
from tests.support.market import TODAY, at, bar
from tests.support.oracle import expected
from tests.support.random_bars import columns
from tests.support.subscriptions import heard, listening

REGULAR = Session(TODAY, Phase.REGULAR)
KNOWN = Reference(PreviousDay(8, 9, 7, 8, 1000, 8.1), Profile(200.0, 5e6))
BY_DAY = {field.name for field in OF_DAY}
#: A bar of each of the day's hours, and one in whose middle the regular hours end.
DAY = [
    bar("A", "09:29:00", close=9, h=9.5, l=8.5),
    bar("A", "09:30:00", close=11, h=12, l=10),
    bar("A", "15:59:30", close=10, h=12, l=0, e=at("16:00:30")),
    bar("A", "16:00:05", close=13, h=0, l=12.5),
]
#: Equal highs, a pre-market within the day's range, equal ends at the close, and two bars after it.
TIES = [
    bar("A", "09:29:00", close=10, h=11, l=9),
    bar("A", "09:31:00", close=10, h=14, l=8),
    bar("A", "09:32:00", close=10, h=14, l=8.5),
    bar("A", "15:59:59", close=13.5, av=70_000),
    bar("A", "15:59:58", close=13, av=80_000, e=at("16:00:00")),
    bar("A", "15:59:59", close=11.5, av=80_000),
    bar("A", "15:59:59", close=12, av=80_000),
    bar("A", "16:00:00", close=12.5),
    bar("A", "16:00:01", close=13),
]


def of_day(redis: Redis) -> list[float]:
    stored = row(redis, "A")
    return [stored[field.name] for field in OF_DAY]


@pytest.mark.parametrize("order", [*permutations(range(4))])
def test_any_order_of_the_days_bars_gives_the_same(system: System, redis: Redis, order: tuple[int, ...]) -> None:
    for n in order:
        system.process([DAY[n]])
        system.process([DAY[order[0]]])

    assert_as_expected(redis, expected(DAY))


def test_ties_are_broken_alike_in_any_order(system: System, redis: Redis) -> None:
    rng = random.Random(3)
    for order in [TIES, TIES[::-1], *(rng.sample(TIES, len(TIES)) for _ in range(10))]:
        redis.flushall()
        for each in order:
            system.process([each])

        assert_as_expected(redis, expected(TIES))


def test_the_row_tells_the_day_so_far(system: System, redis: Redis) -> None:
    ends = [each["e"] for each in DAY]
    so_far = []
    for each in DAY[:2] + DAY[3:]:
        system.process([each])
        so_far.append(of_day(redis))

    assert so_far == [
        [9.5, 8.5, ends[0], 9.5, 8.5, 0, 0],
        [12, 8.5, ends[1], 9.5, 8.5, 11, 0],
        [13, 8.5, ends[3], 9.5, 8.5, 11, pytest.approx(100 * 2 / 11)],
    ]


def test_a_stale_bar_with_a_new_high_or_regular_close_is_published(system: System, redis: Redis) -> None:
    # Given a bar of after hours
    system.process([bar("A", "16:00:05", close=10)])
    listener = listening(redis, keys.quote("A"))

    # When older bars come: one with a high and the regular close, the same again, one with another regular close
    first = bar("A", "09:35:00", close=9, h=14)
    stale = [first, first, bar("A", "09:36:00", close=8, l=9, h=9.5)]
    assert [system.process([each]).applied for each in stale] == [1, 0, 1]

    # Then the standing bar's quote was published with them
    published = [(quote["close"], quote["day_high"], quote["regular_close"]) for _, quote in heard(listener)]
    assert published == [(10, 14, 9), (10, 14, 8)]
    assert row(redis, "A")["pct_change_after_hours"] == 25


def test_newer_reference_data_leaves_the_day_as_it_is(system: System, redis: Redis) -> None:
    system.process(DAY)

    system.reference.learn(TODAY, {"A": KNOWN})

    assert_as_expected(redis, expected(DAY, {"A": columns(KNOWN)}))


def test_a_bar_that_failed_half_way_counts_once_it_is_redelivered(limited: System, redis: Redis) -> None:
    # Given a bar with a new high that fails half-way, and a newer one that is applied meanwhile
    redis.execute_command("ACL SETUSER", "limited", "+zadd")
    bars = [
        bar("A", "09:30:00", close=10),
        bar("A", "09:30:01", close=10, h=15, l=5),
        bar("A", "09:30:02", close=10),
    ]
    limited.process(bars[:1])
    redis.execute_command("ACL SETUSER", "limited", "-zadd")
    with pytest.raises(ResponseError):
        limited.process(bars[1:2])
    redis.execute_command("ACL SETUSER", "limited", "+zadd")
    limited.process(bars[2:])

    # When it is redelivered
    limited.process(bars[1:2])

    # Then the row is that of all bars
    assert_as_expected(redis, expected(bars))


def test_a_record_of_an_older_release_says_nothing_of_the_day_so_far(system: System, redis: Redis) -> None:
    # Given a record without its third part, and a row and a quote without the day's fields
    system.process(DAY[:2])
    record: Any = redis.hget(keys.RECORDS, "A")
    # It ends with the open of the regular session.
    redis.hset(keys.RECORDS, "A", record[: record.index(b"\x0011\0", 40) + 4])
    redis.hdel(keys.row("A"), *(field.name for field in OF_DAY))
    quote = msgspec.json.decode(redis.get(keys.quote("A")) or b"")
    redis.set(keys.quote("A"), msgspec.json.encode({k: v for k, v in quote.items() if k not in BY_DAY}))

    # When bars come, then the day's values are of these
    system.process([bar("A", "09:30:05", close=10.5, h=11, l=10.5)])
    assert of_day(redis) == [11, 10.5, bar("A", "09:30:05")["e"], 0, 0, 10.5, 0]
    system.process(DAY[2:])
    later = [bar("A", "09:30:05", close=10.5, h=11, l=10.5), *DAY[2:]]
    assert of_day(redis) == [expected(later).rows["A"][field.name] for field in OF_DAY]


@pytest.mark.parametrize("bars", [DAY[:1], DAY[:2], DAY])
def test_a_session_clock_that_is_put_back_takes_the_day_from_the_rows(
    system: System, redis: Redis, bars: list[dict[str, Any]]
) -> None:
    # Given boards that a corrupt bar has rolled away
    system.process(bars)
    before = of_day(redis)
    system.process([bar("X", "10:00:00", date(2099, 6, 1))])

    # When the clock is put back
    shown = Session(TODAY, Phase.PRE) if len(bars) == 1 else REGULAR
    system.session_clocks.first.move(shown, system.session_clocks.first.read())
    assert of_day(redis) == before

    # Then the next bar goes on from there, and redelivering the day's bars changes nothing
    later = bar("A", "16:30:00", close=11, h=11.5, l=11)
    system.process([later])
    system.process(bars)
    assert of_day(redis) == [expected([*bars, later]).rows["A"][field.name] for field in OF_DAY]
