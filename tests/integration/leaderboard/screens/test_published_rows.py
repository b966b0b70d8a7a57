"""What is published of screens is what the oracle makes of the market's rows, whoever published it."""

import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from redis import Redis

from config.settings import Settings
from leaderboard import keys
from leaderboard.declared.watched_file import WatchedFile
from leaderboard.fields import WINDOWS
from leaderboard.reference import Reference
from leaderboard.screens.publisher import ScreenPublisher
from leaderboard.screens.screens_file import load
from leaderboard.shards import Shards
from tests.support.random_bars import EXAMPLES, property_test
from tests.support.random_screens import markets, reference_data, screens, traded
from tests.support.screen_oracle import Screen, as_toml, screened

# Seconds: so short that a test need not wait for the next slot, and that no window is known.
INTERVAL = 0.001


def publish(publisher: ScreenPublisher) -> None:
    """Publish in the next slot that is free."""
    while publisher.publish().result == "taken":
        time.sleep(INTERVAL)


@settings(property_test, max_examples=EXAMPLES // 4)
@given(
    events=markets,
    reference=reference_data,
    declared=st.lists(screens, min_size=1, max_size=6),
    rng=st.randoms(use_true_random=False),
)
def test_published_screens_are_the_oracles(
    redis: Redis,
    replay_settings: Settings,
    events: list[dict[str, Any]],
    reference: dict[str, Reference],
    declared: Sequence[Screen],
    rng: random.Random,
) -> None:
    # Given screens, and two processes that publish them in turns, each of which may start again at any time
    redis.flushall()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "screens.toml"
        named = {f"s{n}": screen for n, screen in enumerate(declared)}
        path.write_text(as_toml(named))

        def started() -> ScreenPublisher:
            return ScreenPublisher(Shards([redis]), WatchedFile(path, load, "screens"), interval=INTERVAL)

        publishers = [started(), started()]

        def tick() -> None:
            at = rng.randrange(2)
            if rng.random() < 0.3:
                publishers[at] = started()
            publish(publishers[at])

        # When bars are applied and reference data comes meanwhile
        rows = traded(replay_settings, events, reference, rng, tick).rows

    # Then what is published is the oracle's
    unknown = dict.fromkeys((window.name for window in WINDOWS), None)
    market: dict[str, dict[str, Any]] = {symbol: {**row, **unknown} for symbol, row in rows.items()}
    for name, screen in named.items():
        symbols = screened(screen, market.values())
        published = msgspec.json.decode(redis.get(keys.screen(name)) or b"")
        assert published == [{"rank": rank, **market[symbol]} for rank, symbol in enumerate(symbols, 1)]
