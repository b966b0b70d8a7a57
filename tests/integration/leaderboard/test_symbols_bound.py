"""Made-up symbols cannot fill Redis: beyond a bound of a day's symbols their bars are dead letters."""

import json

import pytest
from redis import Redis

from config.settings import Settings
from leaderboard import keys
from leaderboard.reference import PreviousDay, Profile, Reference
from leaderboard.system import System
from tests.support.boards import assert_as_expected, totals
from tests.support.market import TODAY, bar
from tests.support.oracle import expected
from tests.support.random_bars import columns

BOUND = 5
KNOWN = Reference(PreviousDay(close=8), Profile())


@pytest.fixture
def bounded(redis_url: str) -> System:
    return System.from_settings(Settings(redis_url=redis_url, market_clock="events", symbols_bound=BOUND))


def names(letters: System) -> list[str]:
    return [json.loads(letter.payload)["sym"] for letter in letters.dead_letters]


@pytest.mark.parametrize("size", [1, 3, 20])
def test_bars_of_symbols_beyond_the_bound_are_dead_letters(bounded: System, redis: Redis, size: int) -> None:
    # Given a day with room for five symbols
    bars = [bar(f"S{n}", f"09:30:{n:02}", close=10 + n) for n in range(8)]
    bars += [bar(f"S{n}", f"09:31:{n:02}", close=12 + n) for n in range(8)]

    # When bars of eight come, two of each, in batches of any size
    for start in range(0, len(bars), size):
        bounded.process(bars[start : start + size])

    # Then those of the first five are on the boards, and the others are dead letters with the reason
    kept = [each for each in bars if each["sym"] < f"S{BOUND}"]
    assert_as_expected(redis, expected(kept))
    assert names(bounded) == ["S5", "S6", "S7"] * 2
    reasons = {letter.reason for letter in bounded.dead_letters}
    assert reasons == {"symbol: new, of no reference data, and SYMBOLS_BOUND (5) have traded today"}
    assert not redis.exists(keys.row("S5"), keys.quote("S5"))

    # And they are counted
    counted = totals(redis)
    assert (counted.beyond, counted.dead, counted.processed) == (6, 6, 16)


def test_symbols_with_reference_data_are_let_in(bounded: System, redis: Redis) -> None:
    # Given made-up symbols that have filled the bound, and a symbol of which something is known
    bars = [bar(f"S{n}", "09:30:00") for n in range(BOUND)]
    bounded.process(bars)
    bounded.reference.learn(TODAY, {"AAPL": KNOWN, "NONE": None})

    # When bars come of it, and of one of which the source knows nothing
    bars.append(bar("AAPL", "09:30:01", close=12))
    bounded.process([bars[-1], bar("NONE", "09:30:01")])

    # Then the first is on the boards, and the other is a dead letter
    assert_as_expected(redis, expected(bars, {"AAPL": columns(KNOWN)}))
    assert names(bounded) == ["NONE"]


def test_a_refused_bar_can_be_sent_again(bounded: System, system: System, redis: Redis) -> None:
    # Given a refused bar
    bars = [bar(f"S{n}", "09:30:00") for n in range(BOUND)]
    refused = bar("S9", "09:30:05", close=12, op=11, a=12.5, z=3)
    bounded.process([*bars, refused])

    # When its payload is sent again where there is room
    system.process([json.loads(letter.payload) for letter in bounded.dead_letters])

    # Then it is on the boards as if nothing had been
    assert_as_expected(redis, expected([*bars, refused]))


def test_each_day_begins_with_room(bounded: System, redis: Redis) -> None:
    # Given a day whose bound is filled, when the next one begins within a batch
    old = [bar(f"S{n}", "09:30:00") for n in range(BOUND + 1)]
    new = [bar(f"T{n}", "04:00:00", TODAY.replace(day=23)) for n in range(BOUND + 1)]
    bounded.process([*old, *new])

    # Then as many symbols are let in as on the day before
    assert redis.hlen(keys.RECORDS) == BOUND
    assert names(bounded) == [f"S{BOUND}", f"T{BOUND}"]


def test_conflated_bars_of_a_refused_symbol_are_dead_letters_too(redis: Redis, redis_url: str) -> None:
    # Given a process that conflates bars of the past, and a bound that is filled
    settings = Settings(redis_url=redis_url, market_clock="wall", fold_after=0.001, symbols_bound=1)
    conflating = System.from_settings(settings)
    day = TODAY.replace(year=2025)
    conflating.process([bar("A", "09:30:00", day)])

    # When three bars of one more symbol come
    conflating.process([bar("B", f"09:30:0{n}", day) for n in range(3)])

    # Then none of them is lost
    assert names(conflating) == ["B", "B", "B"]


def test_the_wrong_bound_is_refused() -> None:
    with pytest.raises(ValueError, match="symbols_bound"):
        Settings(symbols_bound=0)
