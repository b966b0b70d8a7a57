"""The resets: beat's own, the events' own, and what comes late."""

import json
from datetime import date
from itertools import permutations
from typing import Any

import pytest
from redis import Redis

from leaderboard import keys
from leaderboard.boards import BOARDS
from leaderboard.sessions import Phase, Session, session_of
from leaderboard.store.store import Store
from leaderboard.system import System
from tests.support.boards import NOTHING_RANKED, assert_as_expected, on_boards, opens, row, scores
from tests.support.market import TODAY, at, bar
from tests.support.oracle import expected
from tests.support.subscriptions import listening

TOMORROW = date(2026, 11, 23)  # Monday
PRE, REGULAR = Session(TODAY, Phase.PRE), Session(TODAY, Phase.REGULAR)


@pytest.fixture
def store(system: System) -> Store:
    return system._stores.first


def process(system: System, *bars: dict[str, Any]) -> tuple[int, int, int, int]:
    done = system.process(bars)
    return done.applied, done.stale, done.late, done.dead


def symbols(redis: Redis, board: str) -> set[str]:
    return set(scores(redis)[board])


def test_a_time_in_seconds_rolls_nothing(system: System, redis: Redis) -> None:
    # Given a fresh Redis, where time is what the events say
    # When a bar comes whose times are in seconds, in a dict and as plain JSON
    in_seconds = bar("A", "09:29:59") | {"s": 1795891998, "e": 1795891999}
    assert process(system, in_seconds) == (0, 0, 0, 1)
    plain = system.begin([in_seconds], [json.dumps(in_seconds).encode()]).result()

    # Then both are dead letters, and no boards of 1970 are shown
    assert plain.dead == 1
    assert system.session() is None
    assert "start_timestamp: looks like seconds" in next(iter(system.dead_letters)).reason


def test_the_open_clears_gainers_alone(system: System, store: Store, redis: Redis) -> None:
    # Given a pre-market
    process(system, bar("A", "09:29:58", close=10), bar("A", "09:29:59", close=11, av=52200))

    # When beat rolls at 09:30
    assert store.roll(REGULAR)

    # Then gainers is empty, the other boards and the pre-market's opens stand
    assert scores(redis)["volume"] == {"A": 52200}
    assert on_boards(redis, "A") == [board.name for board in BOARDS if not board.clears_at_open]
    assert opens(redis) == {"pre": {"A": 10}, "regular": {}}


def test_the_day_clears_everything_but_rows(system: System, store: Store, redis: Redis) -> None:
    # Given a day of trading
    process(system, bar("A", "09:29:59"), bar("A", "15:00:00"))

    # When beat rolls at 04:00 of the next trading day
    assert store.roll(Session(TOMORROW, Phase.PRE))

    # Then boards and opens are empty, and the last quote can still be read
    assert scores(redis) == NOTHING_RANKED
    assert opens(redis) == {"pre": {}, "regular": {}}
    assert row(redis, "A")["close"] == 10
    assert redis.exists(keys.quote("A"))


def test_rolling_again_or_back_does_nothing(system: System, store: Store, redis: Redis) -> None:
    # Given a regular session with a symbol on every board
    process(system, bar("A", "09:30:00"))
    before = scores(redis)

    # When beat, or a second one, or one that is late, rolls to it or to what came before
    rolled = [store.roll(each) for each in (REGULAR, PRE, Session(date(2026, 11, 19), Phase.REGULAR))]

    # Then nothing changes
    assert rolled == [False, False, False]
    assert scores(redis) == before
    assert system.session() == REGULAR


def test_beat_is_down_at_the_open(system: System, redis: Redis) -> None:
    # Given a pre-market, and no beat
    process(system, bar("A", "09:29:59"), bar("B", "09:29:59"))

    # When the first bar of the regular session comes
    process(system, bar("A", "09:30:00"))

    # Then it has rolled the boards itself
    assert symbols(redis, "gainers") == {"A"}
    assert symbols(redis, "gappers") == {"A", "B"}


def test_beat_comes_late(system: System, store: Store, redis: Redis) -> None:
    # Given bars that rolled the boards to the regular session
    process(system, bar("A", "09:29:59"), bar("A", "09:30:00"))

    # When beat rolls after them
    assert not store.roll(REGULAR)

    # Then they stay
    assert symbols(redis, "gainers") == {"A"}


def test_a_pre_market_bar_after_the_open(system: System, store: Store, redis: Redis) -> None:
    # Given the regular session
    store.roll(REGULAR)

    # When a pre-market bar arrives late
    assert process(system, bar("A", "09:29:30", close=12)) == (1, 0, 0, 0)

    # Then row, volume and gappers know it, gainers does not
    assert row(redis, "A")["close"] == 12
    assert symbols(redis, "volume") == symbols(redis, "gappers") == {"A"}
    assert symbols(redis, "gainers") == set()
    assert opens(redis) == {"pre": {"A": 12}, "regular": {}}


def test_an_earlier_bar_that_comes_later_moves_the_open(system: System, redis: Redis) -> None:
    # Given the session's second bar
    process(system, bar("A", "09:30:05", close=11))
    listener = listening(redis, keys.quote("A"))

    # When its first bar comes, and then one between the two
    first = process(system, bar("A", "09:30:01", close=10))
    between = process(system, bar("A", "09:30:03", close=10.5))

    # Then the newest close stands, against the earliest open, and the corrected row alone was published
    assert (first, between) == ((1, 0, 0, 0), (0, 1, 0, 0))
    assert (row(redis, "A")["close"], row(redis, "A")["open"]) == (11, 10)
    assert scores(redis)["gainers"]["A"] == 10
    assert listener.get_message(timeout=5)
    assert listener.get_message(timeout=0.2) is None
    listener.close()


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_a_price_of_zero_is_no_open_in_any_order(system: System, redis: Redis, order: tuple[int, ...]) -> None:
    # Given a session that begins with a bar without any price and with one without an open
    bars = [
        bar("A", "09:30:00", close=0),
        bar("A", "09:30:01", close=8, o=0),
        bar("A", "09:30:02", close=10, o=9),
        bar("A", "09:30:03", close=12, o=11),
    ]

    # When they come in any order
    for n in order:
        process(system, bars[n])

    # Then the first price is the open, and gainers counts from it: 12 against 8
    assert scores(redis)["gainers"] == {"A": 50}
    assert_as_expected(redis, expected(bars))


def test_an_event_of_yesterday_changes_nothing(system: System, redis: Redis) -> None:
    # Given today's pre-market
    process(system, bar("A", "04:00:00"))
    before = scores(redis), row(redis, "A"), opens(redis), redis.get(keys.REVISION)

    # When a bar of 03:59:59, which is yesterday's, arrives
    assert process(system, bar("A", "03:59:59", close=99), bar("B", "03:59:59")) == (0, 0, 2, 0)

    # Then nothing has changed
    assert (scores(redis), row(redis, "A"), opens(redis), redis.get(keys.REVISION)) == before
    assert not redis.exists(keys.row("B"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # 03:59:59 and 04:00:00 of an ordinary day, and of the Mondays after the clock changed
        ((date(2026, 11, 20), "03:59:59"), (date(2026, 11, 20), "04:00:00")),
        ((date(2026, 3, 9), "03:59:59"), (date(2026, 3, 9), "04:00:00")),
        ((date(2026, 11, 2), "03:59:59"), (date(2026, 11, 2), "04:00:00")),
        # The day after a holiday
        ((date(2026, 11, 26), "12:00:00"), (date(2026, 11, 27), "04:00:00")),
    ],
)
def test_four_o_clock_starts_the_day(
    system: System, redis: Redis, before: tuple[date, str], after: tuple[date, str]
) -> None:
    # Given a bar of the last second of the day before
    process(system, bar("OLD", before[1], before[0]))
    assert symbols(redis, "volume") == {"OLD"}

    # When the day's first bar comes
    bars = [bar("OLD", before[1], before[0]), bar("NEW", after[1], after[0])]
    process(system, *bars)

    # Then it alone is on the boards
    assert system.session() == Session(after[0], Phase.PRE)
    assert_as_expected(redis, expected(bars))


@pytest.mark.parametrize(
    "closed", [date(2026, 11, 21), date(2026, 11, 22), date(2026, 11, 26), date(2026, 12, 25)]
)
def test_weekends_and_holidays_reset_nothing(system: System, store: Store, redis: Redis, closed: date) -> None:
    # Given the boards of the trading day before
    day_before = session_of(at("12:00:00", closed)).day
    process(system, bar("A", "15:00:00", day_before))

    # When beat fires at 04:00 and 09:30 of a day on which the exchange is closed
    rolled = [store.roll(session_of(at(clock, closed))) for clock in ("04:00:00", "09:30:00")]

    # Then the boards stay
    assert rolled == [False, False]
    assert symbols(redis, "gainers") == {"A"}


def test_a_batch_that_crosses_the_day(system: System, redis: Redis) -> None:
    # Given one batch with bars of two days, the later ones first for some symbols
    bars = [
        bar("A", "15:59:59", close=9),
        bar("B", "04:00:01", TOMORROW, close=5),
        bar("B", "15:59:59"),
        bar("A", "09:29:59", TOMORROW, close=7),
        bar("A", "09:30:00", TOMORROW, close=8),
    ]

    # When it is applied in one call
    assert process(system, *bars) == (4, 0, 1, 0)

    # Then the boards are the later day's
    assert_as_expected(redis, expected(bars))
