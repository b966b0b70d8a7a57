"""Of a backlog only each symbol's newest bar is applied, and the boards are as if all had been."""

import time
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis import Redis
from redis.client import PubSub

from config.settings import Settings
from leaderboard import keys
from leaderboard.conflation import Conflated, conflate, end_of, newness
from leaderboard.day_values import DayValues
from leaderboard.event import Event
from leaderboard.reference import PreviousDay, Profile, Reference
from leaderboard.sessions import session_of
from leaderboard.system import System
from leaderboard.validation import validate
from tests.support.boards import assert_as_expected, opens, totals
from tests.support.market import TODAY, at, bar
from tests.support.oracle import expected
from tests.support.random_bars import bars
from tests.support.subscriptions import heard, listening

FIVE = [
    bar("A", "09:30:02", o=10, close=10, av=200),
    bar("A", "09:30:04", o=11, close=11, av=400),
    bar("B", "09:30:03", o=5, close=6, av=50),
    bar("A", "09:30:01", o=8, close=9, av=100),
    bar("A", "09:30:03", o=12, close=12, av=300),
]


@pytest.fixture
def conflating(conflating_settings: Settings) -> System:
    return System.from_settings(conflating_settings)


def events_of(payloads: Sequence[dict[str, Any]]) -> list[Event]:
    events, refused = validate(payloads, int(time.time() * 1000), allow_future=True)
    assert not refused
    return events


@pytest.fixture
def listener(redis: Redis) -> PubSub:
    """Hears all quotes."""
    return listening(redis, keys.quote("*"))


# --- by itself


def test_of_a_symbols_bars_the_newest_is_left_with_the_open_of_the_earliest() -> None:
    five = events_of(FIVE)

    events, conflated = conflate(five)

    assert [(event.symbol, event.close, event.open) for event in events] == [("A", 11, 8), ("B", 6, 5)]
    day = DayValues(12, at("09:30:04"), 9, 0, 0, at("09:30:05"), 400, at("09:30:04"), 11)
    of_a = [event for event in five if event.symbol == "A"]
    assert conflated == [Conflated(at("09:30:01"), at("09:30:02"), 3, day, of_a), None]


def test_an_open_of_zero_is_not_the_earliest() -> None:
    payloads = [bar("A", "09:30:00", close=0), bar("A", "09:30:01", o=8), bar("A", "09:30:02", o=9)]

    events, conflated = conflate(events_of(payloads))

    assert [(event.close, event.open) for event in events] == [(10, 8)]
    assert [what and what[:3] for what in conflated] == [(at("09:30:01"), at("09:30:02"), 2)]


def test_sessions_are_conflated_by_themselves() -> None:
    payloads = [bar("A", "09:29:58", o=5), bar("A", "09:29:59", o=6), bar("A", "09:30:00", o=7)]

    events, conflated = conflate(events_of(payloads))

    assert [event.open for event in events] == [5, 7]
    assert [what and what.others for what in conflated] == [1, None]


@given(st.lists(bars(st.sampled_from(["A", "B"])), max_size=30))
def test_nothing_that_counts_is_left_out(payloads: list[dict[str, Any]]) -> None:
    given_events = events_of(payloads)

    events, conflated = conflate(given_events)

    groups: dict[tuple[str, int], list[Event]] = {}
    for event in given_events:
        groups.setdefault((event.symbol, session_of(event.start_timestamp).number), []).append(event)
    assert len(events) == len(conflated) == len(groups)
    assert len(given_events) == len(events) + sum(what.others for what in conflated if what)
    for event, what in zip(events, conflated, strict=True):
        group = groups[event.symbol, session_of(event.start_timestamp).number]
        first = min(group, key=lambda each: (not each.open, each.start_timestamp, each.end_timestamp, each.open))
        assert newness(event) == max(map(newness, group))
        assert event.open == first.open
        # Where none has an open, whose start and end are told makes no difference.
        assert what is None or what[:2] == (first.start_timestamp, first.end_timestamp) or not first.open


@pytest.mark.parametrize(
    ("text", "end"),
    [
        (b'{"sym":"A","e":1782124956000}', 1782124956000),
        (b'{"end_timestamp": 1782124956000, "sym": "A"}', 1782124956000),
        (b'{"sym":"A","e":null}', None),
        (b'{"sym":"A"}', None),
        (b'{"e":1e12}', None),
        (b"", None),
    ],
)
def test_the_end_of_a_bar_is_seen_at_a_glance(text: bytes, end: int | None) -> None:
    assert end_of(text) == end


# --- in the boards


def test_a_conflated_batch_leaves_what_all_its_bars_would(
    conflating: System, redis: Redis, listener: PubSub
) -> None:
    # When bars of the past come together
    processed = conflating.process(FIVE)

    # Then the boards are those of all of them
    assert_as_expected(redis, expected(FIVE))
    assert (processed.applied, processed.conflated) == (2, 3)

    # And the quote that was published says for how many others it stands, though no quote that is stored does
    assert [(quote["symbol"], quote.get("folded")) for _, quote in heard(listener)] == [("A", 3), ("B", None)]
    assert "folded" not in msgspec.json.decode(redis.get(keys.quote("A")) or b"")

    # And they count
    counted = totals(redis)
    assert (counted.applied, counted.folded, counted.processed) == (2, 3, 5)


def test_an_earlier_open_comes_with_bars_that_are_behind(
    conflating: System, redis: Redis, listener: PubSub
) -> None:
    # Given a symbol's newest bar
    newest = bar("A", "09:30:10", o=20, close=21)
    conflating.process([newest])
    heard(listener)

    # When older ones come together
    conflating.process(FIVE)

    # Then they make its open, and the quote says so
    assert_as_expected(redis, expected([newest, *FIVE]))
    assert opens(redis)["regular"]["A"] == 8
    assert [(quote["symbol"], quote["close"], quote.get("folded")) for _, quote in heard(listener)] == [
        ("A", 21, 3),
        ("B", 6, None),
    ]


def test_a_conflated_batch_made_with_old_reference_data_is_made_again(
    conflating_settings: Settings, redis: Redis
) -> None:
    # Given a process that has read what is known of a symbol, and another that has learned more
    first, second = (System.from_settings(conflating_settings) for _ in range(2))
    first.process([bar("A", "09:30:00", o=7)])
    known = {"A": Reference(PreviousDay(close=8.0), Profile(200.0, 5e6))}
    second.reference.learn(TODAY, known)

    # When the first conflates bars
    processed = first.process(FIVE)

    # Then the row is made with what is known now, and nothing is counted twice
    columns = {"prev_day_close": 8.0, "avg_volume": 200.0, "free_float": 5e6}
    assert_as_expected(redis, expected([bar("A", "09:30:00", o=7), *FIVE], {"A": columns}))
    assert processed.conflated == 3
    assert totals(redis).processed == 6


def test_bars_of_the_present_are_not_conflated(redis_url: str, redis: Redis) -> None:
    # Given two bars of the last seconds, and one of long ago
    system = System.from_settings(Settings(redis_url=redis_url, market_clock="wall", fold_after=60))
    now = int(time.time() * 1000)
    recent = [
        bar("A", "09:30:00") | {"s": now - age - 1000, "e": now - age, "av": -age + 5000} for age in (1, 2000)
    ]

    # When they come together
    processed = system.process([*recent, bar("A", "09:30:00")])

    # Then each is looked at
    assert processed.conflated == 0
    assert processed.applied + processed.stale + processed.late == 3


def test_a_few_young_bars_do_not_undo_a_backlog(conflating: System, redis: Redis) -> None:
    # Given bars of a backlog, and one that says nothing of when it was
    payloads = [*FIVE, {"sym": "C", "c": 2.0, "v": 10, "av": 10}]

    # When they come together
    processed = conflating.process(payloads)

    # Then the backlog is conflated, and the young one applied as it is
    assert (processed.applied, processed.conflated) == (3, 3)
    assert redis.hget(keys.row("C"), "close") == b"2"


@pytest.mark.parametrize("clock", ["wall", "events"])
def test_conflation_can_be_turned_off(redis_url: str, redis: Redis, clock: str) -> None:
    fold_after = 0 if clock == "wall" else 1
    system = System.from_settings(Settings(redis_url=redis_url, market_clock=clock, fold_after=fold_after))

    assert system.process(FIVE).conflated == 0
    assert not system.is_behind(0)


def test_many_batches_of_conflated_bars_are_each_applied(conflating: System, redis: Redis) -> None:
    # Given more symbols than a call of the script takes, and three bars of each
    payloads = [
        bar(f"S{n}", f"09:30:0{second}", close=10 + n % 7 + second, av=1000 * n + second)
        for second in (2, 1, 3)
        for n in range(1200)
    ]

    # When they come together
    processed = conflating.process(payloads)

    # Then all are on the boards
    assert (processed.applied, processed.conflated) == (1200, 2400)
    assert_as_expected(redis, expected(payloads))
