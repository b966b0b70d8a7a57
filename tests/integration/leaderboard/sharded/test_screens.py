"""Screens over several servers are those of one, byte for byte, also in windows, whoever publishes."""

import random
import time
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from redis import Redis

from config.settings import Settings
from leaderboard import keys
from leaderboard.connections.connection import connect_shards
from leaderboard.declared.watched_file import WatchedFile
from leaderboard.screens.publisher import ScreenPublisher
from leaderboard.screens.screens_file import load
from leaderboard.system import System
from tests.integration.leaderboard.sharded.conftest import Divided
from tests.support.random_bars import bars_of_two_days, property_test

SYMBOLS = ["A", "BRK.B", "C", "D", "E", "F"]
NAMES = ("fallers", "dollars", "moving")
TOML = """
[[screen]]
name = "fallers"
title = "Fallers"
by = "pct_change"
order = "ascending"
size = 4

[[screen]]
name = "dollars"
title = "Dollars"
by = "dollar_volume"
where = ["close >= 1"]

[[screen]]
name = "moving"
title = "Moving"
by = "volume_1m"
"""


class Deployment:
    """Two clock workers."""

    def __init__(self, deployed: Settings, file: Path) -> None:
        self.system = System.from_settings(deployed)
        self.redis = connect_shards(deployed).first
        self._publishers = [
            ScreenPublisher(connect_shards(deployed), WatchedFile(file, load, "screens"), interval=0.1, timeout=30)
            for _ in range(2)
        ]

    def publish(self, which: int) -> None:
        while self._publishers[which].publish().result == "taken":
            time.sleep(0.01)

    def screens(self) -> dict[str, Any]:
        return {name: self.redis.get(keys.screen(name)) for name in NAMES}


@settings(property_test, max_examples=15)
@given(
    count=st.integers(2, 3),
    events=bars_of_two_days(SYMBOLS, most=20),
    rng=st.randoms(use_true_random=False),
)
def test_bars_in_any_order(
    redis: Redis,
    divided: Divided,
    replay_settings: Settings,
    tmp_path_factory: Any,
    count: int,
    events: list[dict[str, Any]],
    rng: random.Random,
) -> None:
    # Given the same bars in one order, for one server and for several
    redis.flushall()
    file = tmp_path_factory.mktemp("screens") / "screens.toml"
    file.write_text(TOML)
    one, several = (Deployment(each, file) for each in (replay_settings, divided(count)))
    rng.shuffle(events)

    # When they are applied in portions, and one of two clock workers publishes after each
    while events:
        portion = [events.pop() for _ in range(min(len(events), rng.randrange(1, 8)))]
        publisher = rng.randrange(2)
        for deployment in (one, several):
            deployment.system.process(portion)
            deployment.publish(publisher)

        # Then the same screens are published each time
        assert several.screens() == one.screens()
