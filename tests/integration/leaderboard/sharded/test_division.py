"""Symbols are divided among more servers, and fewer: boards, rows and what comes later are those of one server."""

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from redis import Redis

from config.settings import Settings
from leaderboard.boards import BOARDS
from leaderboard.connections.connection import connect_shards
from leaderboard.reference import Reference
from leaderboard.shards import Shards
from leaderboard.store.division import divide
from leaderboard.system import System
from tests.integration.leaderboard.sharded.conftest import Divided
from tests.integration.leaderboard.sharded.test_property import SYMBOLS, assert_is_divided, boards_of
from tests.support.oracle import expected
from tests.support.random_bars import (
    applied_while_learning,
    bars_of_two_days,
    columns,
    property_test,
    references,
)


@settings(property_test, max_examples=5)
@given(
    counts=st.permutations([1, 2, 3]),
    parts=st.tuples(*[bars_of_two_days(SYMBOLS, most=10)] * 3),
    known=st.dictionaries(st.sampled_from(SYMBOLS), references, max_size=4),
    rng=st.randoms(use_true_random=False),
)
def test_bars_between_divisions(
    redis: Redis,
    divided: Divided,
    replay_settings: Settings,
    counts: list[int],
    parts: tuple[list[dict[str, Any]], ...],
    known: dict[str, Reference],
    rng: random.Random,
) -> None:
    # Given boards over some servers, which become more and fewer
    redis.flushall()
    every = connect_shards(divided(3))
    events: list[dict[str, Any]] = []
    one = System.from_settings(replay_settings)
    shards = every

    # When bars come before, between and after, and all is divided each time
    for count, part in zip(counts, parts, strict=True):
        several = divided(count)
        shards = connect_shards(several)
        divide(shards, [*every][count:], lambda _: None)
        for systems in ([one], [System.from_settings(several)]):
            applied_while_learning(systems, part, [known], rng, lambda: None)
        events += part

    # Then the boards are those of one server, and each server has its own symbols
    assert boards_of(shards, 500) == boards_of(Shards([redis]), 500)
    assert_is_divided(shards, expected(events, {symbol: columns(each) for symbol, each in known.items()}))
    for former in [*every][counts[-1] :]:
        assert not any(former.exists(board.key) for board in BOARDS)
