"""What was published over several servers is what follows from the recorded bars, byte for byte."""

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from redis import Redis

from leaderboard.connections.connection import connect_shards
from leaderboard.reference import Reference
from leaderboard.screens.publisher import SlotChurnError
from leaderboard.shards import Shards
from leaderboard.system import System
from tests.integration.leaderboard.sharded.conftest import Divided
from tests.support.history.recorded_market import ClockWorker, Recording, verified
from tests.support.random_bars import (
    EXAMPLES,
    applied_by,
    applied_while_learning,
    bars_of_two_days,
    deliveries_of,
    market,
    property_test,
    references,
)

#: Each of three servers has some of them.
SYMBOLS = ["A", "BRK.B", "C", "D", "E", "F"]


@settings(property_test, max_examples=EXAMPLES // 4)
@given(
    count=st.integers(1, 3),
    events=bars_of_two_days(SYMBOLS, most=30),
    known=st.dictionaries(st.sampled_from(SYMBOLS), references, max_size=4),
    earlier=st.dictionaries(st.sampled_from(SYMBOLS), references, max_size=4),
    rng=st.randoms(use_true_random=False),
)
def test_bars_in_any_order(
    redis: Redis,
    divided: Divided,
    tmp_path_factory: Any,
    count: int,
    events: list[dict[str, Any]],
    known: dict[str, Reference],
    earlier: dict[str, Reference],
    rng: random.Random,
) -> None:
    # Given a market over one to three servers that is recorded from before its first bar
    redis.flushall()
    folder = tmp_path_factory.mktemp("market")
    history, deployed = folder / "history", divided(count)
    conflating = deployed.model_copy(update={"market_clock": "wall", "fold_after": 0.001})
    systems = [System.from_settings(each) for each in (deployed, deployed, conflating)]
    clock_worker = ClockWorker(connect_shards(deployed), folder)
    recording = Recording(connect_shards(deployed), history)
    recording.step()

    def watch() -> None:
        nonlocal recording
        for act in rng.sample([clock_worker.publish_boards, clock_worker.publish_screens, recording.step], 2):
            act()
        if rng.random() < 0.2:
            # A recorder that dies leaves what it has collected, and another one goes on.
            clock_worker.publish_boards()
            recording = Recording(connect_shards(deployed), history)
            recording.step()

    # When bars come in any order, some twice, and reference data, and it is published and recorded now and then
    applied_while_learning(systems, deliveries_of(events, rng), [earlier, known], rng, watch)
    clock_worker.publish_boards()
    clock_worker.publish_screens()
    for _ in range(3):
        recording.step()

    # Then all that was published follows from the recorded bars
    found = verified(history)
    assert (found.boards.differing, found.screens.differing, found.states.differing) == (0, 0, [])
    assert (found.boards.checked, found.screens.checked) == (clock_worker.boards, clock_worker.screens)
    assert (found.boards.undigested, found.screens.undigested) == (0, 0)


def test_boards_and_screens_are_published_at_the_same_time(
    redis: Redis, shards: Shards[Redis], divided: Divided, tmp_path: Path
) -> None:
    # Given a market over three servers that is recorded, and whose day has begun
    deployed, history, rng = divided(3), tmp_path / "history", random.Random(1)
    clock_workers = [ClockWorker(connect_shards(deployed), tmp_path) for _ in range(2)]
    recording = Recording(shards, history)
    recording.step()
    bars = market(rng, symbols=200, events=3_000)
    # Ticks from before the first day are not verified.
    System.from_settings(deployed).process(bars[:1])

    def publish_boards() -> None:
        clock_workers[0].publish_boards()
        time.sleep(0.02)

    def publish_screens() -> None:
        # At a thousand slots a second, others may be faster each time.
        with suppress(SlotChurnError):
            clock_workers[1].publish_screens()
        time.sleep(0.02)

    # When its boards and its screens are published again and again, by two processes, while bars come
    with ThreadPoolExecutor(3) as pool:
        applying = pool.submit(applied_by, [System.from_settings(deployed)], bars, rng)

        def again_and_again(publish: Callable[[], None]) -> None:
            while not applying.done():
                publish()

        publishing = [pool.submit(again_and_again, each) for each in (publish_boards, publish_screens)]
        while not applying.done():
            recording.step()
        applying.result()
        for each in publishing:
            each.result()
    for clock_worker in clock_workers:
        clock_worker.publish_boards()
        clock_worker.publish_screens()
    for _ in range(3):
        recording.step()

    # Then all of it follows from the recorded bars
    found = verified(history)
    assert (found.boards.differing, found.screens.differing, found.states.differing) == (0, 0, [])
    assert (found.boards.undigested, found.screens.undigested) == (0, 0)
    assert found.boards.checked == sum(each.boards for each in clock_workers)
