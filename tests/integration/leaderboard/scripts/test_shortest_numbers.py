"""The apply script writes numbers as the Python side does: bytes of a row are a function of the set of bars."""

import math
import random
import struct
from collections.abc import Iterable, Sequence
from importlib.resources import files
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redis import Redis

from config.settings import Settings
from leaderboard import keys
from leaderboard.doubles import GREATEST, texts
from leaderboard.system import System
from tests.support.oracle import expected
from tests.support.random_bars import (
    EXAMPLES,
    applied_by,
    bars_of_two_days,
    deliveries_of,
    learn,
    property_test,
    references,
)

NUMBERS = files("leaderboard.scripts").joinpath("doubles.lua").read_text("utf-8")
#: Writes doubles, eight bytes each, one after the other.
WRITE = f"""{NUMBERS}
local written = {{}}
for at = 1, #ARGV[1], 8 do written[#written + 1] = text_of((struct.unpack('<d', ARGV[1], at))) end
return table.concat(written, ',')
"""


def written(redis: Redis, numbers: Iterable[float]) -> list[str]:
    values, made = [*numbers], []
    for start in range(0, len(values), 5_000):
        some = values[start : start + 5_000]
        reply: Any = redis.eval(WRITE, 0, struct.pack(f"<{len(some)}d", *some))
        made += reply.decode().split(",")
    return made


def assert_same(redis: Redis, numbers: Sequence[float]) -> None:
    by_script = zip(numbers, written(redis, numbers), texts(numbers), strict=True)
    assert [each for each in by_script if each[1] != each[2]] == []


def any_double(rng: random.Random) -> float:
    number = math.nan
    while not math.isfinite(number):
        (number,) = struct.unpack("<d", rng.randbytes(8))
    return number


def test_a_hundred_thousand_doubles_are_written_alike(redis: Redis) -> None:
    rng = random.Random(5)
    doubles = [any_double(rng) for _ in range(40_000)]
    denormals = [any_double(rng) * 2.0**-1074 * 1e3 or 5e-324 for _ in range(1_000)]
    denormals += [rng.randrange(1, 2**52) * 5e-324 for _ in range(9_000)]
    prices = [round(rng.uniform(-1_000, 1_000), rng.randrange(7)) for _ in range(20_000)]
    changes = [(a - b) / b * 100 for a, b in pairwise(prices) if b]
    whole = [float(rng.randrange(10 ** rng.randrange(1, 23))) for _ in range(10_000)]
    assert_same(redis, [*doubles, *filter(math.isfinite, denormals), *prices, *changes, *whole])


def test_doubles_at_the_edges_are_written_alike(redis: Redis) -> None:
    powers = [sign * 2.0**power for power in range(-1074, 1024) for sign in (1, -1)]
    tens = [float(f"1e{power}") for power in range(-323, 309)]
    edges = [0.0, -0.0, 5e-324, 2.2250738585072014e-308, GREATEST, -GREATEST, 9007199254740993.0, 0.1 + 0.2]
    around = [math.nextafter(each, to) for each in [*powers, *tens] for to in (-math.inf, math.inf)]
    assert_same(redis, [each for each in [*powers, *tens, *edges, *around] if math.isfinite(each)])


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1e15, "1000000000000000"),
        (1e16, "1e16"),
        (1e-5, "0.00001"),
        (1e-6, "1e-6"),
        (-0.0, "0"),
        # Of 16 digits the nearest is ...801, which reads as the double below.
        (2**-44, "5.684341886080802e-14"),
    ],
)
def test_how_numbers_are_written(redis: Redis, number: float, text: str) -> None:
    assert written(redis, [number]) == texts([number]) == [text]


@settings(property_test, max_examples=EXAMPLES // 2)
@given(
    events=bars_of_two_days(["A", "BRK.B"], most=15),
    known=st.dictionaries(st.sampled_from(["A", "BRK.B"]), references),
    rng=st.randoms(use_true_random=False),
)
def test_a_set_of_bars_gives_the_same_bytes_in_any_order(
    redis: Redis,
    replay_settings: Settings,
    conflating_settings: Settings,
    events: list[dict[str, Any]],
    known: dict[str, Any],
    rng: random.Random,
) -> None:
    # Given a set of bars and what is known of their symbols
    stored, symbols = [], sorted(expected(events).rows)
    for _ in range(3):
        # When they are delivered in any order, some twice, to any of two processes, of which one conflates
        redis.flushall()
        systems = [System.from_settings(each) for each in (replay_settings, conflating_settings)]
        learn(systems, known, rng, events)
        deliveries = deliveries_of(events, rng)
        applied_by(systems, deliveries, rng)
        stored.append([(redis.get(keys.quote(each)), redis.hgetall(keys.row(each))) for each in symbols])

    # Then quotes and rows are the same, to the byte
    assert stored[0] == stored[1] == stored[2]


def test_a_quote_has_the_same_bytes_whoever_has_made_its_open(redis: Redis, replay_settings: Settings) -> None:
    # Given two bars whose change since the open takes 17 digits in the long form
    early = {"sym": "A", "s": 1795185001000, "e": 1795185002000, "o": 10.1, "c": 10.2}
    late = {"sym": "A", "s": 1795185003000, "e": 1795185004000, "o": 10.3, "c": 10.4}
    quotes = set()
    for order in ([early, late], [late, early]):
        # When they come in either order
        redis.flushall()
        system = System.from_settings(replay_settings)
        for each in order:
            system.process([each])
        quotes.add(redis.get(keys.quote("A")))

    # Then the quote is the same
    assert len(quotes) == 1
