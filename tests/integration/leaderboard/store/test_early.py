"""Bars that come before their session has begun, where time is the wall's: none rolls the boards, none is lost."""

import json
import random
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from leaderboard import keys
from leaderboard.connections.redis_errors import WrongKeyError
from leaderboard.sessions import Phase, Session
from leaderboard.store import early
from leaderboard.store.early import EarlyBars, TooManyEarlyError
from leaderboard.system import System
from leaderboard.validation import validate
from tests.support.boards import assert_as_expected, scores, totals
from tests.support.market import at, bar
from tests.support.moved_clock import MONDAY, TUESDAY
from tests.support.oracle import expected
from tests.support.redis_servers.moved_redis import MovedRedis, moved_redis

PRE, REGULAR = Session(MONDAY, Phase.PRE), Session(MONDAY, Phase.REGULAR)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MovedRedis]:
    with moved_redis(tmp_path_factory.mktemp("early"), "09:29:05") as moved:
        yield moved


@pytest.fixture
def moved(server: MovedRedis) -> MovedRedis:
    """It is 09:29:05 on a Monday, and nothing has happened yet."""
    server.client.flushall()
    server.go_to("09:29:05")
    return server


def monday(symbol: str, clock: str, **fields: Any) -> dict[str, Any]:
    return bar(symbol, clock, MONDAY, **fields)


def test_an_early_bar_leaves_gainers_and_ranks_at_the_open(moved: MovedRedis) -> None:
    # Given gainers of a pre-market
    system = moved.system()
    bars = [monday("A", "09:29:01", close=10), monday("A", "09:29:02", close=11), monday("B", "09:29:02")]
    system.process(bars)
    before = scores(moved.client)
    assert before["gainers"] == {"A": 10, "B": 0}

    # When a bar stamped 09:30:01 comes at 09:29:05
    early_bar = monday("A", "09:30:01", close=15, o=12)
    done = system.process([early_bar])

    # Then it waits, and gainers are as they were, also for the bars that follow
    assert (done.early, done.applied, done.dead) == (1, 0, 0)
    assert totals(moved.client).early == 1
    assert scores(moved.client) == before
    assert system.session() == PRE
    bars.append(monday("A", "09:29:03", close=12))
    assert system.process(bars[-1:]).applied == 1
    assert scores(moved.client)["gainers"] == {"A": 20, "B": 0}
    assert system.apply_early().applied == 0

    # And at the open it ranks, though no beat rolls
    moved.go_to("09:30:00", system)
    assert system.early_is_due()
    assert system.apply_early().applied == 1
    assert system.session() == REGULAR
    assert scores(moved.client)["gainers"] == {"A": 25}
    assert_as_expected(moved.client, expected([*bars, early_bar]))
    assert moved.client.exists(keys.EARLY) == 0


def test_an_early_bar_on_a_fresh_redis_rolls_nothing(moved: MovedRedis) -> None:
    system = moved.system()

    assert system.process([monday("A", "09:30:01")]).early == 1

    assert system.session() is None
    assert system.roll_to_now() == PRE


def test_a_bar_of_a_session_more_than_a_minute_away_is_a_dead_letter(moved: MovedRedis) -> None:
    system = moved.system()

    # The one ends a minute ahead of the clock, the other more than that
    done = system.process([monday("A", "09:30:02"), monday("A", "09:30:08")])

    assert (done.early, done.dead) == (1, 1)


def test_the_servers_clock_judges_when_the_script_runs(moved: MovedRedis) -> None:
    # Given a worker that takes it for 09:29 still, while the session begins
    system = moved.system()
    moved.go_to("09:30:00")

    # When it applies a bar of the session, then the bar has rolled and is on gainers
    assert system.process([monday("A", "09:30:00")]).applied == 1
    assert system.session() == REGULAR

    # Given a worker that takes it for 09:30:30, and a clock of Redis that was put back
    moved.client.flushall()
    moved.go_to("09:30:30", system)
    moved.go_to("09:29:30")

    # When it applies a bar of the session, then the bar waits
    assert system.process([monday("A", "09:30:10")]).early == 1
    assert system.session() is None


def test_bars_that_would_be_conflated_keep_their_open_while_they_wait(moved: MovedRedis) -> None:
    # Given a worker whose clock is ahead, so that early bars look old to it
    system = moved.system()
    moved.go_to("09:30:40", system)
    moved.go_to("09:29:55")

    # When bars of a symbol come together
    bars = [monday("A", f"09:30:0{second}", o=20 - second, close=11 + second) for second in (1, 2, 3)]
    assert system.process(bars).early == 3

    # Then the first one's open is there at the open
    moved.go_to("09:30:04", system)
    done = system.apply_early()
    assert (done.applied, done.conflated) == (1, 2)
    assert_as_expected(moved.client, expected(bars))


def test_a_bar_that_begins_after_its_end_is_not_conflated(moved: MovedRedis) -> None:
    # Given two bars of a symbol that end long ago and begin in a minute, of a corrupt source
    system = moved.system(fold_after=0.001)
    bars = [monday("A", clock, e=at("09:29:00", MONDAY), o=o) for clock, o in (("09:30:01", 7), ("09:30:02", 8))]

    # When they come and their session begins
    assert system.process(bars).early == 2
    moved.go_to("09:30:03", system)
    system.apply_early()

    # Then the boards are as if nothing had been conflated
    assert_as_expected(moved.client, expected(bars))


def test_bars_are_applied_once_more_where_a_process_dies_before_it_removes_them(moved: MovedRedis) -> None:
    # Given an early bar that a process has applied, and not removed
    system, other = moved.system(), moved.system()
    bars = [monday("A", "09:30:01", close=12), monday("B", "09:30:02", close=9)]
    system.process(bars)
    moved.go_to("09:30:05", system, other)
    (events, _) = validate(bars, moved.clock.now())
    system._store.apply(events)

    # When another one does so again
    done = other.apply_early()

    # Then nothing has changed, and nothing waits any more
    assert (done.applied, done.stale) == (0, 2)
    assert_as_expected(moved.client, expected(bars))
    assert moved.client.exists(keys.EARLY) == 0


def test_a_process_that_has_kept_none_finds_them_within_seconds(moved: MovedRedis) -> None:
    # Given a bar that a process keeps which is killed then
    moved.system().process([monday("A", "09:30:01")])

    # When the session has begun, then one that starts looks at once, and the bar is on the boards
    moved.go_to("09:30:05")
    fresh = moved.system()
    assert fresh.early_is_due()
    assert fresh.apply_early().applied == 1

    # And one that has looked does so again
    assert fresh.early_is_due()
    assert fresh.apply_early().applied == 0
    assert not fresh.early_is_due()
    moved.go_to("09:30:11", fresh)
    assert fresh.early_is_due()


def test_a_bar_of_the_next_day_waits_for_it(moved: MovedRedis) -> None:
    # Given the evening's boards
    moved.go_to("03:59:30", day=TUESDAY)
    system = moved.system()
    today = [monday("A", "19:59:00", close=11), monday("B", "19:59:00")]
    system.process(today)

    # When a bar of 04:00 comes half a minute early
    tomorrow = bar("A", "04:00:00", TUESDAY, close=12)
    assert system.process([tomorrow]).early == 1

    # Then the boards stand until then
    assert_as_expected(moved.client, expected(today))
    moved.go_to("04:00:00", system, day=TUESDAY)
    system.apply_early()
    assert_as_expected(moved.client, expected([*today, tomorrow]))


def test_too_many_early_bars_wait_where_they_are(moved: MovedRedis, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given room for two
    monkeypatch.setattr(early, "MOST", 2)
    system = moved.system()
    bars = [monday("A", "09:29:01"), *(monday(f"S{n}", "09:30:01") for n in range(3))]

    # When three come, then their batch fails, to be processed again, and what is not early is applied
    with pytest.raises(TooManyEarlyError, match="2 bars wait for their session to begin"):
        system.process(bars)
    assert scores(moved.client)["gainers"] == {"A": 0}
    assert moved.client.zcard(keys.EARLY) == 0

    # And once the session has begun it succeeds
    moved.go_to("09:30:02", system)
    assert system.process(bars).applied == 3
    assert_as_expected(moved.client, expected(bars))


def test_what_is_no_bar_among_those_that_wait_becomes_a_dead_letter(moved: MovedRedis) -> None:
    # Given an early bar and somebody else's members
    system = moved.system()
    early_bar = monday("A", "09:30:01", close=0)
    system.process([early_bar])
    moved.client.zadd(keys.EARLY, {b"no bar": 1, b'{"sym":"A"}': 2, b"\xff": 3})

    # When the session has begun
    moved.go_to("09:30:02", system)
    done = system.apply_early()

    # Then the bar is applied, and the others are kept with a reason
    assert (done.applied, done.dead) == (1, 3)
    assert "no bar, but a member of leaderboard:early" in next(iter(system.dead_letters)).reason
    assert moved.client.exists(keys.EARLY) == 0
    assert_as_expected(moved.client, expected([early_bar]))


def test_early_bars_of_a_refused_symbol_are_each_a_dead_letter(moved: MovedRedis) -> None:
    # Given a bound of symbols that is filled, and early bars of one more
    system = moved.system(symbols_bound=1)
    bars = [monday("A", clock) for clock in ("09:29:01", "09:30:01", "09:30:02")]
    system.process([*bars, *(monday("B", f"09:30:0{second}") for second in (1, 2, 3))])

    # When their session has begun
    moved.go_to("09:30:04", system)
    done = system.apply_early()

    # Then none of them is lost, and the other symbol's are applied
    assert done.dead == 3
    assert [json.loads(letter.payload)["s"] for letter in system.dead_letters] == [
        at(f"09:30:0{second}", MONDAY) for second in (1, 2, 3)
    ]
    assert_as_expected(moved.client, expected(bars))


def test_a_wrong_key_keeps_early_bars_alone_waiting(moved: MovedRedis) -> None:
    # Given somebody else's value where early bars are kept
    system = moved.system()
    moved.client.set(keys.EARLY, "somebody else's")

    # When bars come, then those of the session are applied, and an early one is not taken
    assert system.process([monday("A", "09:29:01")]).applied == 1
    with pytest.raises(WrongKeyError, match="leaderboard:early is of type string, not zset"):
        system.process([monday("A", "09:30:01")])
    with pytest.raises(WrongKeyError, match="leaderboard:early is of type string, not zset"):
        system.apply_early()

    # And once the key is gone it waits as any other
    moved.client.delete(keys.EARLY)
    assert system.process([monday("A", "09:30:01")]).early == 1


def test_a_whole_market_that_comes_early_is_applied_by_whoever_looks(moved: MovedRedis) -> None:
    # Given a clock of Redis that is half a minute slow: the market's first seconds come early, in any order
    moved.go_to("09:29:30")
    rng = random.Random(7)
    bars = [
        monday(f"S{n:04}", clock, close=10 + rng.random(), o=9 + rng.random())
        for n in range(600)
        for clock in ("09:29:28", "09:30:00", "09:30:01", "09:30:02", "09:30:03", "09:30:04")
    ]
    rng.shuffle(bars)
    systems = [moved.system() for _ in range(3)]
    done = [systems[n % 3].process(bars[start : start + 500]) for n, start in enumerate(range(0, len(bars), 500))]
    assert (sum(each.applied for each in done), sum(each.early for each in done)) == (600, 3_000)
    assert_as_expected(moved.client, expected([each for each in bars if each["s"] < REGULAR.start]))

    # When the session has begun by Redis, and several processes apply them at once, with bars that go on
    moved.go_to("09:30:00", *systems)
    bars += [monday(f"S{n:04}", "09:30:05", close=12) for n in range(0, 600, 7)]

    def work(system: System) -> None:
        while system.early_is_due() and moved.client.exists(keys.EARLY):
            system.apply_early()

    threads = [threading.Thread(target=work, args=(system,)) for system in systems]
    for thread in threads:
        thread.start()
    systems[0].process(bars[-86:])
    for thread in threads:
        thread.join()

    # Then the boards are those of all bars
    assert_as_expected(moved.client, expected(bars))
    assert moved.client.exists(keys.EARLY) == 0


def test_where_time_is_what_the_events_say_none_is_early(moved: MovedRedis) -> None:
    # Given a bar kept under the wall's clock
    moved.system().process([monday("A", "09:30:01")])

    # When time is what the events say
    system = moved.system(market_clock="events")

    # Then any bar rolls, and what waits does not
    assert system.process([bar("B", "10:00:00", TUESDAY)]).applied == 1
    assert system.session() == Session(TUESDAY, Phase.REGULAR)
    assert system.apply_early().late == 1
    assert EarlyBars(moved.client).next_start() == float("inf")
