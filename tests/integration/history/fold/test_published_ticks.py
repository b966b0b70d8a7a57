"""What is published is what the fold makes of the tape, to the byte, and in the end the oracle's boards."""

import hashlib
import random
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st
from redis import Redis

from config.settings import Settings
from history.archive.rows import rows_of
from history.fold.market_fold import MarketFold
from history.fold.profiles import Profiles
from leaderboard import keys
from leaderboard.boards import BOARDS
from leaderboard.reference import Reference
from leaderboard.shards import Shards
from leaderboard.store.snapshots import Snapshots
from leaderboard.system import System
from leaderboard.tape.entries import Digests, Entry, Ticked
from leaderboard.tape.reader import TapeReader
from leaderboard.tape.recording import renew
from tests.support.boards import assert_as_expected
from tests.support.oracle import expected
from tests.support.random_bars import (
    EXAMPLES,
    applied_by,
    applied_while_learning,
    bars_of_two_days,
    columns,
    deliveries_of,
    later,
    market,
    property_test,
    references,
)

#: By the board's name, what is published of it.
Boards = dict[str, bytes]

SIZE = 500


class Publisher:
    """Publishes the boards, and keeps what it has published by the tick's slot."""

    def __init__(self, redis: Redis) -> None:
        self.published: dict[int, Boards] = {}
        self._redis = redis
        # A thousand slots a second, so that one is free whenever a test publishes.
        self._snapshots = Snapshots(Shards([redis]), interval=0.001, size=SIZE)

    def publish(self) -> None:
        """Publish, if anything has changed."""
        if self._snapshots.publish().result == "published":
            slot = int(cast(bytes, self._redis.hget(keys.SNAPSHOT, "slot")))
            boards = cast(list[bytes], self._redis.mget([board.scanner for board in BOARDS]))
            self.published[slot] = dict(zip((board.name for board in BOARDS), boards, strict=True))


def folded(entries: Sequence[Entry], rng: random.Random) -> Iterator[tuple[int, Boards]]:
    """The boards at each tick: its slot, and what is published then.

    Args:
        entries: of the tape.
        rng: decides in which portions those between two ticks are given to the fold.
    """
    fold, portion, session = MarketFold(Profiles()), list[Entry](), 0
    rest = deque(entry for entry in entries if not isinstance(entry, Ticked | Digests))
    for tick in (entry for entry in entries if isinstance(entry, Ticked)):
        while rest and rest[0].position < tick.position and rest[0].revision <= tick.boards_revision:
            portion.append(rest.popleft())
            if rng.random() < 0.2:
                fold.apply(rows_of(portion, session), portion[-1].revision)
                session, portion = portion[-1].session, []
        fold.apply(rows_of(portion, session), tick.boards_revision)
        session, portion = portion[-1].session if portion else session, []
        fold.settle()
        yield tick.slot, {board.name: fold.snapshot(board, SIZE) for board in BOARDS}


@settings(property_test, max_examples=EXAMPLES // 4)
@given(
    events=bars_of_two_days(["A", "BRK.B", "a"], most=25),
    known=st.dictionaries(st.sampled_from(["A", "BRK.B"]), references),
    earlier=st.dictionaries(st.sampled_from(["A", "BRK.B"]), references),
    rng=st.randoms(use_true_random=False),
)
def test_each_tick_is_the_fold_of_the_tape(
    redis: Redis,
    replay_settings: Settings,
    conflating_settings: Settings,
    events: list[dict[str, Any]],
    known: dict[str, Reference],
    earlier: dict[str, Reference],
    rng: random.Random,
) -> None:
    # Given bars of two days, some twice, in any order, and three processes, of which one conflates, while somebody
    # records
    redis.flushall()
    renew(redis)
    systems = [System.from_settings(each) for each in (replay_settings, replay_settings, conflating_settings)]
    deliveries = deliveries_of(events, rng)
    publisher = Publisher(redis)

    # When reference data comes on the way, and then changes, and the boards are published now and then
    applied_while_learning(systems, deliveries, [earlier, known], rng, publisher.publish)
    publisher.publish()

    # Then each time the fold of the tape gives what was published, to the byte
    entries = TapeReader(redis).read(0, 10_000)
    assert dict(folded(entries, rng)) == publisher.published

    # And the tape has its digests
    digests = {entry.slot: entry.boards for entry in entries if isinstance(entry, Digests)}
    assert digests == {
        slot: {name: hashlib.sha1(text).hexdigest() for name, text in boards.items()}
        for slot, boards in publisher.published.items()
    }

    # And in the end that is what the set of bars and the reference data say
    last = {symbol: columns(later(earlier.get(symbol), known.get(symbol))) for symbol in earlier | known}
    assert_as_expected(redis, expected(events, last))


@settings(property_test, max_examples=EXAMPLES // 20)
@given(seed=st.integers(0, 2**32))
def test_so_is_each_tick_of_a_market(
    redis: Redis, replay_settings: Settings, conflating_settings: Settings, seed: int
) -> None:
    # Given a market larger than a board, over two days, while somebody records
    redis.flushall()
    renew(redis)
    rng = random.Random(seed)
    events = market(rng, symbols=700, events=2_000)
    systems = [System.from_settings(each) for each in (replay_settings, replay_settings, conflating_settings)]
    publisher = Publisher(redis)
    rng.shuffle(events)

    # When it is applied in any order, and published now and then
    applied_by(systems, events, rng, publisher.publish)

    # Then the fold gives what was published
    assert dict(folded(TapeReader(redis).read(0, 10_000), rng)) == publisher.published


def test_so_is_each_tick_while_bars_come(redis: Redis, replay_settings: Settings) -> None:
    # Given a market larger than a board, over two days, while somebody records
    renew(redis)
    rng = random.Random(1)
    events = market(rng, symbols=700, events=3_000)
    systems = [System.from_settings(replay_settings)]
    publisher = Publisher(redis)

    # When it is published again and again while its bars are applied
    with ThreadPoolExecutor(1) as pool:
        applying = pool.submit(applied_by, systems, events, rng)
        while not applying.done():
            publisher.publish()
        applying.result()
    publisher.publish()

    # Then each time the boards were those of one moment, which the tape names
    assert dict(folded(TapeReader(redis).read(0, 10_000), rng)) == publisher.published
